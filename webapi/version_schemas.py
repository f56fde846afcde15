"""Requests and responses about versions of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, RootModel

from datafiles.differences import Difference
from models import Dataset, DatasetVersion
from webapi.schemas import CommaList, Model, OptionalInt


class DatasetNumber(Model):
    """A dataset by number."""

    dataset_id: int


class VersionPath(Model):
    """A version by number."""

    version_id: int


class VersionsQuery(Model):
    """How many versions."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100


class FindingOut(Model):
    """A guard that failed: a sentence, what was allowed, what was found, which columns."""

    guard: str
    message: str
    expected: float | str | None
    found: float | str | None
    columns: list[str]


class VersionFileOut(Model):
    """One file of a version, under the name it is exported with."""

    target_path: str
    size_bytes: int
    rows: int | None
    sha256: str


class VersionOut(Model):
    """One version. `held`: a guard keeps it from readers until somebody decides; `findings` say
    which. `removed_at` is set once its file has been deleted."""

    version: int
    dataset_id: int
    run_id: int | None
    rows: int
    size_bytes: int
    sha256: str
    columns: list[dict[str, Any]]
    data_as_of: datetime
    published_at: datetime
    removed_at: datetime | None
    current: bool
    held: bool
    held_at: datetime | None
    findings: list[FindingOut]
    released_at: datetime | None
    released_by: str | None
    restored_at: datetime | None
    restored_by: str | None
    discarded_at: datetime | None
    discarded_by: str | None
    files: list[VersionFileOut]

    @classmethod
    def of(cls, version: DatasetVersion, dataset: Dataset) -> Self:
        derived = {"version", "current", "held", "findings", "files"}
        names = [name for name in cls.model_fields if name not in derived]
        is_decided = version.released_at is not None or version.removed_at is not None
        return cls(
            version=version.version_id,
            current=dataset.current_version_id == version.version_id,
            held=version.held_at is not None and not is_decided,
            findings=[FindingOut(**finding) for finding in version.findings or ()],
            files=[VersionFileOut(**part) for part in version.files or (_whole(version),)],
            **{name: getattr(version, name) for name in names},
        )


def _whole(version: DatasetVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in VersionFileOut.model_fields}


class VersionList(RootModel[list[VersionOut]]):
    """Newest data first."""


class DiffQuery(Model):
    """`to` absent: the current version. `key` absent: the key columns of the job."""

    to: OptionalInt = None
    key: Annotated[list[str], CommaList, Field(max_length=20)] = Field(default_factory=list)
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class CellOut(Model):
    """A value that changed; null is NULL, "" an empty text."""

    column: str
    old: str | None
    new: str | None


class ChangedRowOut(Model):
    """A row of both versions with the values that differ."""

    key: dict[str, str | None]
    cells: list[CellOut]


class DiffOut(Model):
    """Rows counted, and the first of each kind in the order of the key. Columns that one version
    alone has are named and not compared; values are compared as the texts in the files."""

    from_version: int
    to_version: int
    key: list[str]
    added: int
    removed: int
    changed: int
    unchanged: int
    columns_added: list[str]
    columns_gone: list[str]
    changed_by_column: dict[str, int]
    added_rows: list[dict[str, str | None]]
    removed_rows: list[dict[str, str | None]]
    changed_rows: list[ChangedRowOut]

    @classmethod
    def of(cls, found: Difference, from_version: int, to_version: int) -> Self:
        same = set(Difference.__dataclass_fields__) - {"changed_rows"}
        rows = [
            ChangedRowOut(
                key=row.key,
                cells=[CellOut(column=c, old=old, new=new) for c, (old, new) in row.cells.items()],
            )
            for row in found.changed_rows
        ]
        members = {name: getattr(found, name) for name in same}
        return cls(from_version=from_version, to_version=to_version, changed_rows=rows, **members)
