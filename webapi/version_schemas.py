"""Requests and responses about versions of datasets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, RootModel

from models import Dataset, DatasetVersion
from webapi.schemas import Model


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
