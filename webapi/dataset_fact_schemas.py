"""Requests and responses about datasets: what they hold, how new they are, who reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, RootModel

from datafiles.column_profiles import ColumnProfile
from datafiles.filters import operators_of
from datafiles.manifest import ManifestColumn
from models import Dataset, DatasetReader, DatasetVersion
from services.freshness import DatasetState
from services.use import DatasetUses, Use
from vocabulary import Freshness
from webapi.dataset_sources import Source, names_of
from webapi.schemas import CommaList, Model, OptionalInt, WallClock


class DatasetPath(Model):
    """A dataset by name; `/` separates folders. With `.csv` after it, its rows as CSV."""

    name: str


class ListQuery(Model):
    """How much is told of each."""

    detail: Annotated[
        str | None, Field(description="1: objects with size, columns and freshness, not names.")
    ] = None


class FreshnessOut(Model):
    """`freshness`: fresh, due (its time has come, the data not yet), late, or never (no data at
    all); null where nobody said by when data are expected. `expected_at`: by when they are missing,
    or when the next ones are expected."""

    expected_by: str | None
    freshness: Freshness | None
    expected_at: datetime | None

    @staticmethod
    def members(state: DatasetState | None) -> dict[str, Any]:
        if state is None or state.judgement is None or state.dataset.expected_by is None:
            return {"expected_by": None, "freshness": None, "expected_at": None}
        return {
            "expected_by": f"{state.dataset.expected_by:%H:%M}",
            "freshness": state.judgement.state,
            "expected_at": state.judgement.expected_at,
        }


class UseOut(FreshnessOut):
    """`last_read_at`: by this server, null: never as far as is known; `unused`: nobody has for
    `data_api.unused_after_days`, null: that is not known for so long yet, but since
    `reads_known_since`."""

    last_read_at: datetime | None
    reads_known_since: datetime
    unused: bool | None

    @staticmethod
    def use_members(use: Use) -> dict[str, Any]:
        return {
            "last_read_at": use.last_at,
            "reads_known_since": use.known_since,
            "unused": use.unused,
        }


class StatusItem(FreshnessOut):
    """How new one dataset is."""

    name: str
    version: int | None
    run_id: int | None
    rows: int | None
    data_as_of: datetime | None
    published_at: datetime | None

    @classmethod
    def of(cls, state: DatasetState) -> Self:
        version = state.version
        return cls(
            name=state.dataset.name,
            version=version.version_id if version else None,
            run_id=version.run_id if version else None,
            rows=version.rows if version else None,
            data_as_of=version.data_as_of if version else None,
            published_at=version.published_at if version else None,
            **FreshnessOut.members(state),
        )


class StatusOut(Model):
    """Every dataset the caller may read, by name, at one moment."""

    now: datetime
    datasets: list[StatusItem]


class SchemaColumnOut(Model):
    """A column as readers name it, and the operators of filters that go with it."""

    name: str
    type: str
    native_type: str
    precision: int | None
    scale: int | None
    operators: list[str]

    @classmethod
    def of(cls, name: str, column: ManifestColumn) -> Self:
        return cls(**{**column.members(), "name": name}, operators=operators_of(column.type))


class DatasetDetail(UseOut):
    """A dataset that can be read; of a file that was not published here much is unknown."""

    name: str
    version: int | None
    run_id: int | None
    rows: int | None
    size_bytes: int
    columns: list[dict[str, str]] | None
    data_as_of: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, state: DatasetState, version: DatasetVersion, uses: DatasetUses) -> Self:
        columns = [{"name": c["name"], "type": c["type"]} for c in version.columns]
        return cls(
            name=state.dataset.name,
            version=version.version_id,
            run_id=version.run_id,
            rows=version.rows,
            size_bytes=version.size_bytes,
            columns=columns,
            data_as_of=version.data_as_of,
            published_at=version.published_at,
            **FreshnessOut.members(state),
            **UseOut.use_members(uses.of(state.dataset.name, state.dataset.created_at)),
        )

    @classmethod
    def unmanaged(cls, name: str, source: Source, uses: DatasetUses) -> Self:
        """Nobody knows since when the file lies there; it has not changed since `as_of`."""
        return cls(
            name=name,
            version=None,
            run_id=None,
            rows=None,
            size_bytes=source.size_bytes,
            columns=None,
            data_as_of=source.as_of,
            published_at=None,
            **FreshnessOut.members(None),
            **UseOut.use_members(uses.of(name, source.as_of)),
        )


class DatasetNames(RootModel[list[str] | list[DatasetDetail]]):
    """Names, sorted; with `detail=1` objects."""


class SchemaOut(Model):
    """The columns of a dataset's current version."""

    name: str
    version: int | None
    rows: int | None
    columns: list[SchemaColumnOut]

    @classmethod
    def of(cls, name: str, source: Source) -> Self:
        file = source.data_file()
        columns = zip(names_of(file), file.columns, strict=True)
        return cls(
            name=name,
            version=int(source.version) if source.version else None,
            rows=source.rows,
            columns=[SchemaColumnOut.of(shown, column) for shown, column in columns],
        )


class FrequentOut(Model):
    """A value and how many rows have it."""

    value: str
    rows: int


class ColumnProfileOut(Model):
    """What a column holds; values are texts. `quantiles`: at a quarter, a half, three quarters."""

    name: str
    type: str
    nulls: int
    distinct: int
    is_distinct_exact: bool
    min: str | None
    max: str | None
    quantiles: list[str]
    most_frequent: list[FrequentOut]

    @classmethod
    def of(cls, name: str, profile: ColumnProfile) -> Self:
        frequent = [FrequentOut(value=f.value, rows=f.rows) for f in profile.most_frequent]
        derived = {"name", "most_frequent"}
        members = {key: getattr(profile, key) for key in cls.model_fields.keys() - derived}
        return cls(name=name, most_frequent=frequent, **members)


class DataProfileOut(Model):
    """What the current version of a dataset holds."""

    name: str
    version: int | None
    rows: int
    columns: list[ColumnProfileOut]


class DataVersionOut(Model):
    """A version that readers have or had; `is_there`: its file can still be read."""

    version: int
    run_id: int | None
    data_as_of: datetime
    published_at: datetime
    rows: int
    size_bytes: int
    sha256: str
    current: bool
    is_there: bool

    @classmethod
    def of(cls, version: DatasetVersion, dataset: Dataset) -> Self:
        derived = {"version", "current", "is_there"}
        members = {name: getattr(version, name) for name in cls.model_fields.keys() - derived}
        return cls(
            version=version.version_id,
            current=dataset.current_version_id == version.version_id,
            is_there=version.removed_at is None,
            **members,
        )


class DataVersionList(RootModel[list[DataVersionOut]]):
    """Newest data first."""


class DataDiffQuery(Model):
    """Which versions; `version` absent: the one before `to`; `to` absent: the current one."""

    version: OptionalInt = None
    to: OptionalInt = None
    key: Annotated[list[str], CommaList, Field(max_length=20)] = Field(default_factory=list)
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ExpectationIn(Model):
    """By when new data must be there, `07:30` in the job's zone; null: no more."""

    expected_by: WallClock


class DatasetReaderOut(Model):
    """Somebody who has read a dataset with one tool."""

    kind: str
    reader: str
    tool: str
    reads: int
    bytes_sent: int
    first_read_at: datetime
    last_read_at: datetime

    @classmethod
    def of(cls, row: DatasetReader) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class DatasetReaderList(RootModel[list[DatasetReaderOut]]):
    """The last one first."""
