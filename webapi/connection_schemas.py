"""Requests and responses of connections and parameters."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    RootModel,
    StringConstraints,
)

from connectors.catalogue import Catalogue
from models import Connection, Parameter
from services.connection_rules import ALL_ROLES
from services.connection_use import may_use
from vocabulary import Role
from webapi.schemas import Model, Name, OptionalName, WallClock, blank_is_none


def _as_hh_mm(value: time | None) -> str | None:
    return None if value is None else value.isoformat("minutes")


Text = Annotated[str, StringConstraints(max_length=4000)]
OptionalText = Annotated[Text | None, BeforeValidator(blank_is_none)]
Port = Annotated[Annotated[int, Field(ge=1, le=65535)] | None, BeforeValidator(blank_is_none)]
Options = Annotated[dict[str, Any], Field(max_length=20)]
MaxRuns = Annotated[Annotated[int, Field(ge=1, le=1000)] | None, BeforeValidator(blank_is_none)]
# Text in requests and answers: `22:30`.
QuietTime = Annotated[WallClock, PlainSerializer(_as_hh_mm)]
RoleNames = Annotated[list[Role], Field(max_length=3)]
UserNames = Annotated[list[Name], Field(max_length=200)]
SqlText = Annotated[str, StringConstraints(max_length=1_000_000)]


class ConnectionPath(Model):
    """A connection by number."""

    connection_id: int


class ConnectionCreate(Model):
    """A new connection. `host` `@embedded` is the server that came with the product; `dsn`
    (Oracle) wins over host, port and database. At most `max_runs` runs use it at a time, null: any
    number; none starts from `quiet_start` to `quiet_end`, wall clock of the server's zone. Who is
    neither of a role nor a user named here, nor root, cannot use it in jobs or previews."""

    name: Name
    kind: Name
    host: OptionalName = None
    port: Port = None
    database: OptionalName = None
    dsn: OptionalText = None
    username: Name
    password: Text | None = None
    options: Options = Field(default_factory=dict)
    max_runs: MaxRuns = None
    quiet_start: QuietTime = None
    quiet_end: QuietTime = None
    is_writable: bool = False
    usable_roles: RoleNames = Field(default_factory=lambda: [*ALL_ROLES])
    usable_users: UserNames = Field(default_factory=list)


class ConnectionUpdate(Model):
    """What to change; absent means unchanged. The password can be written, never read."""

    name: Name = ""
    kind: Name = ""
    host: OptionalName = None
    port: Port = None
    database: OptionalName = None
    dsn: OptionalText = None
    username: Name = ""
    password: Text | None = None
    options: Options = Field(default_factory=dict)
    max_runs: MaxRuns = None
    quiet_start: QuietTime = None
    quiet_end: QuietTime = None
    is_writable: bool = False
    usable_roles: RoleNames = Field(default_factory=list)
    usable_users: UserNames = Field(default_factory=list)


class ConnectionOut(Model):
    """A connection without its password; `has_password` says whether one is stored, `may_use`
    whether whoever asks may use it."""

    connection_id: int
    name: str
    kind: str
    host: str | None
    port: int | None
    database: str | None
    dsn: str | None
    username: str
    has_password: bool
    options: dict[str, Any]
    max_runs: int | None
    quiet_start: QuietTime
    quiet_end: QuietTime
    is_writable: bool
    usable_roles: list[str]
    usable_users: list[str]
    may_use: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Connection) -> Self:
        same = [name for name in cls.model_fields if name not in ("has_password", "may_use")]
        return cls(
            may_use=may_use(row),
            has_password=row.password_encrypted is not None,
            **{name: getattr(row, name) for name in same},
        )


class ConnectionList(RootModel[list[ConnectionOut]]):
    """Connections by name."""


class ConnectionCreated(Model):
    """The number of the new connection."""

    connection_id: int


class ConnectionTestOut(Model):
    """The database answered; `warnings` are sentences about rights that go too far."""

    ok: bool = True
    server_version: str
    warnings: list[str]
    elapsed_ms: int


class CatalogueQuery(Model):
    """`refresh` asks the database also when the last answer is younger than a minute."""

    refresh: bool = False


class CatalogueColumnOut(Model):
    """A column and its native type."""

    name: str
    type: str


class CatalogueTableOut(Model):
    """A table, view, materialized view or synonym the account of the connection may read."""

    schema_: Annotated[str, Field(alias="schema")]
    name: str
    kind: str
    columns: list[CatalogueColumnOut]


class CatalogueOut(Model):
    """Own tables first, then by schema and name; `is_cut`: the database has more."""

    tables: list[CatalogueTableOut]
    is_cut: bool


def catalogue_body(catalogue: Catalogue) -> dict[str, Any]:
    """The JSON form of CatalogueOut, made by hand: there may be 100,000 columns."""
    tables = [
        {
            "schema": table.schema,
            "name": table.name,
            "kind": table.kind,
            "columns": [{"name": c.name, "type": c.native_type} for c in table.columns],
        }
        for table in catalogue.tables
    ]
    return {"tables": tables, "is_cut": catalogue.is_cut}


class ParameterPath(Model):
    """A parameter by number."""

    parameter_id: int


class ParameterCreate(Model):
    """A new parameter; its query gives the columns INSTANCIA and VALOR."""

    parameter_name: Name
    sql_script: SqlText


class ParameterUpdate(Model):
    """What to change; absent means unchanged."""

    parameter_name: Name | None = None
    sql_script: SqlText | None = None


class ParameterOut(Model):
    """A parameter as everybody sees it."""

    parameter_id: int
    parameter_name: str

    @classmethod
    def of(cls, row: Parameter) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ParameterDetail(ParameterOut):
    """A parameter with its query, which a normal user does not see."""

    sql_script: str | None = None


class ParameterList(RootModel[list[ParameterDetail]]):
    """Parameters by name."""


class ParameterCreated(Model):
    """The number of the new parameter."""

    parameter_id: int
