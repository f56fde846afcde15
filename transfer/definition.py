"""What a job says about the tables it moves: the JSON of `jobs_he.movement`, validated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from auxiliares import AutomacaoError, FieldError
from vocabulary import JobKind

MAX_TABLES = 1000
MAX_COLUMNS = 1600

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[^\x00]+$")]
TableText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Sql = Annotated[str, StringConstraints(max_length=1_000_000)]
Columns = Annotated[list[Identifier], Field(max_length=64)]
Mode = Literal["replace", "append", "truncate"]
Verify = Literal["none", "counts", "checksums"]
Mask = Literal["none", "hash", "null", "constant"]

Moved = TypeVar("Moved", bound="Part")


class MovementInvalid(AutomacaoError):
    """What the job says about its tables means nothing; `errors` names each place."""

    code = "movement_invalid"
    status = 422


class Part(BaseModel):
    """A piece of a definition: unknown members are refused, so that a typo is not lost."""

    model_config = ConfigDict(extra="forbid")


class ColumnMap(Part):
    """A column of the source and what becomes of it; `target` null: the same name.

    `mask`: `hash` writes a keyed SHA-256, `null` nothing, `constant` the text in `value`.
    """

    source: Identifier
    target: Identifier | None = None
    mask: Mask = "none"
    value: Annotated[str, StringConstraints(max_length=10_000)] | None = None

    @property
    def name(self) -> str:
        return self.target or self.source

    @model_validator(mode="after")
    def _check_value(self) -> Self:
        if (self.mask == "constant") != (self.value is not None):
            raise ValueError("value goes with the mask constant, and only with it")
        return self


class TableSource(Part):
    """Where rows come from: `source`, a table as in schema.name, or `query`, one SELECT."""

    source: TableText | None = None
    query: Sql | None = None
    target: Annotated[TableText, Field(min_length=1)]
    columns: Annotated[list[ColumnMap], Field(max_length=MAX_COLUMNS)] = []
    where: Sql | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if bool(self.source) == bool(self.query and self.query.strip()):
            raise ValueError("give a source table or a query, and not both")
        if self.query and self.where:
            raise ValueError("where goes with a source table; write it into the query")
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("two columns have the same name at the target")
        return self

    @property
    def source_text(self) -> str:
        """What people call the source: the table, or the start of the query in one line."""
        return self.source or re.sub(r"\s+", " ", self.query or "").strip()[:200]


class TransferTable(TableSource):
    """A table that is copied whole. `mode` null: that of the job."""

    mode: Mode | None = None


class Transfer(Part):
    """Tables named one by one, and all of the source that match `include` but not `exclude`.

    Patterns are schema.name with `*` and `?`. Those tables keep their schema, or go to
    `target_schema`. `order`: by `foreign_keys` of the target, or as `listed`. `via_csv`: the rows
    rest in CSV files of this folder on their way. `split_above_mb`: larger tables of PostgreSQL are
    copied in `parallel` parts side by side; null: none is.
    """

    tables: Annotated[list[TransferTable], Field(max_length=MAX_TABLES)] = []
    include: Annotated[list[TableText], Field(max_length=100)] = []
    exclude: Annotated[list[TableText], Field(max_length=100)] = []
    target_schema: Identifier | None = None
    mode: Mode = "replace"
    create_missing: bool = True
    parallel: Annotated[int, Field(ge=1, le=16)] = 2
    verify: Verify = "counts"
    order: Literal["foreign_keys", "listed"] = "foreign_keys"
    via_csv: TableText | None = None
    split_above_mb: Annotated[int, Field(ge=0)] | None = 1024

    @model_validator(mode="after")
    def _check_tables(self) -> Self:
        if not self.tables and not self.include:
            raise ValueError("name a table, or a pattern of tables to include")
        return _distinct_targets(self, self.tables)


class LookUp(Part):
    """Columns filled by asking an HTTP service once for each distinct input.

    `{column}` in `url`, `headers` and `body` stands for a value of the row. `json_path` as in
    `data.photos.0.url`; empty: the answer's whole text. `only`: ask for rows that are `new` or
    lack a value, for those that also `changed`, or for `all`. `on_failure`: leave `null`, `keep`
    what the target has, `skip` the row, or `fail` the table. 404 counts as an answer without value.
    Values of `secret_headers` are sealed when the job is saved and never shown again.
    """

    column: Identifier
    url: Annotated[str, StringConstraints(min_length=8, max_length=2000)]
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, str] = {}
    secret_headers: Annotated[list[str], Field(max_length=20)] = []
    body: dict[str, Any] | None = None
    json_path: Annotated[str, StringConstraints(max_length=500)] = ""
    only: Literal["new", "changed", "all"] = "changed"
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    per_second: Annotated[float, Field(gt=0)] | None = None
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 10
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    on_failure: Literal["null", "keep", "skip", "fail"] = "keep"

    @property
    def inputs(self) -> list[str]:
        """The columns whose values the request holds, in order, once each."""
        texts = [self.url, *self.headers.values(), *_texts(self.body)]
        found = [name for text in texts for name in re.findall(r"\{([^{}]+)\}", text)]
        return list(dict.fromkeys(found))

    @model_validator(mode="after")
    def _check_inputs(self) -> Self:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url must begin with http:// or https://")
        if not set(self.secret_headers) <= set(self.headers):
            raise ValueError("secret_headers names a header that is not there")
        if not self.inputs:
            raise ValueError("the request holds no {column}: every row would get the same answer")
        if self.method == "GET" and self.body is not None:
            raise ValueError("a GET has no body")
        return self


class SyncTable(TableSource):
    """A table whose rows are inserted or updated by `key`, columns of the target.

    `constants`: {column: text}. Rows the source no longer has are kept, deleted, or marked: then
    `gone_column`, a boolean or a timestamp, says so. `conflict`: where both sides differ the
    `source` wins, the `target` does (only new rows enter), or whichever has the `newest` value in
    `newest_column`. `cursor_column`: only rows whose value is not below the target's highest, less
    `overlap_s` seconds, or that number, are read.
    """

    key: Annotated[Columns, Field(min_length=1)]
    constants: dict[Identifier, str] = {}
    lookups: Annotated[list[LookUp], Field(max_length=20)] = []
    gone: Literal["keep", "delete", "mark"] = "keep"
    gone_column: Identifier | None = None
    conflict: Literal["source", "target", "newest"] = "source"
    newest_column: Identifier | None = None
    cursor_column: Identifier | None = None
    overlap_s: Annotated[int, Field(ge=0)] = 300

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        if (self.gone == "mark") != (self.gone_column is not None):
            raise ValueError("gone_column goes with gone = mark, and only with it")
        if (self.conflict == "newest") != (self.newest_column is not None):
            raise ValueError("newest_column goes with conflict = newest, and only with it")
        made = [*self.constants, *(lookup.column for lookup in self.lookups)]
        mapped = [column.name for column in self.columns]
        if len({*made, *mapped}) < len(made) + len(mapped):
            raise ValueError("a column is filled twice: by the source, a constant or a look-up")
        return self


class Sync(Part):
    """Tables in the order in which they are brought up to date; each commits by itself."""

    tables: Annotated[list[SyncTable], Field(min_length=1, max_length=MAX_TABLES)]
    on_error: Literal["stop", "continue"] = "stop"
    verify: Literal["none", "counts"] = "none"

    @model_validator(mode="after")
    def _check_tables(self) -> Self:
        return _distinct_targets(self, self.tables)


def transfer_of(stored: object) -> Transfer:
    """Raises MovementInvalid."""
    try:
        return Transfer.model_validate(stored)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def sync_of(stored: object) -> Sync:
    """Raises MovementInvalid."""
    try:
        return Sync.model_validate(stored)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def lookup_of(stored: object) -> LookUp:
    """Raises MovementInvalid."""
    try:
        return LookUp.model_validate(stored)
    except ValidationError as exc:
        raise _invalid(exc) from exc


def source_of(stored: Mapping[str, object]) -> TableSource:
    """Where the rows of a table come from, whatever else is said of it. Raises MovementInvalid."""
    said = {name: stored[name] for name in TableSource.model_fields if name in stored}
    try:
        return TableSource.model_validate({"target": "-", **said})
    except ValidationError as exc:
        raise _invalid(exc) from exc


def movement_of(kind: str, stored: object) -> Transfer | Sync:
    """What a job of this kind moves. Raises MovementInvalid."""
    return sync_of(stored) if kind == JobKind.SYNC else transfer_of(stored)


def _invalid(exc: ValidationError) -> MovementInvalid:
    errors = []
    for found in exc.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(["movement", *map(str, found["loc"])])
        message = found["msg"].removeprefix("Value error, ")
        errors.append(FieldError(field=field, code="movement_invalid", message=message))
    told = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:5])
    return MovementInvalid(f"The tables of the job cannot be saved: {told}.", errors=errors)


def _distinct_targets(movement: Moved, tables: Sequence[TableSource]) -> Moved:
    targets = [table.target for table in tables]
    twice = next((name for name in targets if targets.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two entries go to {twice}")
    return movement


def _texts(value: object) -> list[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for member in value.values() for text in _texts(member)]
    if isinstance(value, list):
        return [text for member in value for text in _texts(member)]
    return []
