"""Members of a job about its file: format, compression and dialect; requests of dialects."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_serializer

from dialects.dialect import (
    MAX_COLUMNS,
    MAX_NAME_CHARACTERS,
    MAX_NULL_CHARACTERS,
    DateFormat,
    DecimalMark,
    Dialect,
    LineEnd,
    TextEncoding,
    TimeFormat,
    Unencodable,
)
from vocabulary import Compression, FileFormat
from webapi.schemas import Model

ProfileName = Literal["legacy", "excel_br", "excel_us", "script", "custom"]
ColumnName = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]


class DialectColumn(Model):
    """A column of the query by name, and what the file calls it; absent: the same."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: ColumnName
    as_name: Annotated[ColumnName | None, Field(alias="as")] = None


class DialectIn(Model):
    """A profile, and the members in which the file differs from it."""

    model_config = ConfigDict(extra="forbid")

    profile: ProfileName = "legacy"
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    quote: Annotated[str | None, Field(min_length=1, max_length=1)] = None
    decimal_mark: DecimalMark | None = None
    date_format: DateFormat | None = None
    time_format: TimeFormat | None = None
    zone_offset: bool | None = None
    encoding: TextEncoding | None = None
    unencodable: Unencodable | None = None
    null_text: Annotated[str | None, Field(max_length=MAX_NULL_CHARACTERS)] = None
    header: bool | None = None
    line_end: LineEnd | None = None
    formula_guard: bool | None = None
    columns: Annotated[list[DialectColumn] | None, Field(max_length=MAX_COLUMNS)] = None

    @model_serializer
    def _stored(self) -> dict[str, Any]:
        """The form that is kept with a job: nothing but what differs from the profile."""
        members: dict[str, Any] = {"profile": self.profile}
        for name in DialectIn.model_fields:
            value = getattr(self, name)
            if value is not None and name not in members:
                members[name] = value
        if self.columns is not None:
            members["columns"] = [
                {"name": column.name, "as": column.as_name or column.name}
                for column in self.columns
            ]
        return members

    def stored(self) -> dict[str, object]:
        """As `_stored`, for callers."""
        return self._stored()


class JobOutputIn(Model):
    """The dialect is that of text formats; other formats take its columns alone. Null: legacy."""

    file_format: FileFormat = FileFormat.CSV
    compression: Compression = Compression.NONE
    dialect: DialectIn | None = None


class JobOutputOut(Model):
    """`dialect` as it was saved: the profile and the members that differ from it."""

    file_format: FileFormat
    compression: Compression
    dialect: dict[str, Any] | None


class DialectOut(Model):
    """Every member of a dialect."""

    delimiter: str
    quote: str
    decimal_mark: DecimalMark
    date_format: DateFormat
    time_format: TimeFormat
    zone_offset: bool
    encoding: TextEncoding
    unencodable: Unencodable
    null_text: str
    header: bool
    line_end: LineEnd
    formula_guard: bool

    @classmethod
    def of(cls, dialect: Dialect) -> Self:
        return cls(**{name: getattr(dialect, name) for name in cls.model_fields})


class ProfileOut(Model):
    """A named dialect and for whom it is."""

    name: ProfileName
    about: str
    dialect: DialectOut


class ProfileList(Model):
    """The profiles, and which signs may separate values and quote them."""

    profiles: list[ProfileOut]
    delimiters: list[str]
    quotes: list[str]


class SampleIn(Model):
    """A dialect that need not be saved."""

    dialect: DialectIn


class SampleOut(Model):
    """Rows of every type as the file would have them. `text` is what the bytes decode to."""

    text: str
    encoding: TextEncoding
    has_bom: bool
