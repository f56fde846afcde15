"""What all requests and responses share: the base model, field types, pages, messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

NAME_LENGTH = 200
MAX_PAGE_SIZE = 200
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")


class Model(BaseModel):
    """Base of every request and response. Unknown members of a request are ignored."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Kept once made: flask-openapi asks for it at every request with a query."""
        return _schema_of(cls, args, tuple(sorted(kwargs.items())))

    def body(self) -> dict[str, Any]:
        """The JSON form of a response; times in ISO 8601 with Z."""
        return self.model_dump(mode="json")


@cache
def _schema_of(
    model: type[Model], args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]
) -> dict[str, Any]:
    return super(Model, model).model_json_schema(*args, **dict(kwargs))


def _in_utc(value: datetime | None) -> datetime | None:
    """The database knows no offsets beyond 15:59, and no moment before the year 1."""
    if value is None:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("must lie in the years 1 to 9999 in UTC") from exc


def _without_zone(value: time | None) -> time | None:
    if value is not None and value.tzinfo is not None:
        raise ValueError("must be a wall-clock time such as 22:30, without a zone")
    return value


def blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def restored_plus(value: object) -> object:
    """`+` of an offset arrives as a blank where the client did not encode it."""
    return _LOST_PLUS.sub(r"+\1", value) if isinstance(value, str) else value


def _split_commas(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [part.strip() for item in value for part in str(item).split(",") if part.strip()]


Name = Annotated[str, StringConstraints(max_length=NAME_LENGTH)]
OptionalInt = Annotated[int | None, BeforeValidator(blank_is_none)]
OptionalName = Annotated[Name | None, BeforeValidator(blank_is_none)]
WallClock = Annotated[time | None, BeforeValidator(blank_is_none), AfterValidator(_without_zone)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(restored_plus), AfterValidator(_in_utc)]
CommaList = BeforeValidator(_split_commas)


def one_of(allowed: tuple[str, ...]) -> AfterValidator:
    """Every entry of a list must be one of `allowed`."""

    def check(values: list[str]) -> list[str]:
        for value in values:
            if value not in allowed:
                raise ValueError(f"must be one of: {', '.join(allowed)}")
        return values

    return AfterValidator(check)


class PageQuery(Model):
    """Which page of a list."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = 50


class Message(Model):
    """The short answer of the existing interface."""

    msg: str


class FieldProblem(Model):
    """One faulty field of a request."""

    field: str
    code: str
    message: str


class Problem(Model):
    """Every error of every route (RFC 9457). `code` is stable; `msg` and `error` are for
    clients of the old interface."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    msg: str
    error: str
    errors: list[FieldProblem]
    error_id: str | None = None
    hint: str | None = None
    database_code: str | None = None
    line: int | None = None
    column: int | None = None
