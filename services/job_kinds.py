"""The kind of file a job makes: what it needs of the job, and the version it builds on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from auxiliares import FieldError
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from models import DatasetVersion, Job
from services.job_rules import JobIncomplete, JobInvalid
from vocabulary import ExportType, FileFormat

KIND_FIELDS = frozenset(
    {
        "export_type",
        "split",
        "key_columns",
        "parallel_column",
        "data_primary_key",
        "file_format",
        "connection_id",
    }
)
# Kinds that write rows of the version before again, and so must read them.
MERGING = frozenset({ExportType.ACUMULADO, ExportType.CHAVE})
BY_DATE = frozenset({ExportType.MES, ExportType.ACUMULADO})


class Split(TypedDict, total=False):
    """How a result becomes several files: so many `rows` each, or by month of `column`."""

    by: str
    rows: int | None
    column: str | None


@dataclass(frozen=True, slots=True)
class PartBefore:
    """A file of the version before; `key` is its month for the kind `Mês`."""

    path: Path
    target: Path
    key: str | None
    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class VersionBefore:
    """The version that readers get when a run starts."""

    version_id: int
    columns: tuple[ManifestColumn, ...]
    form: FileForm
    target: Path
    parts: tuple[PartBefore, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What becomes of a result. `names_window`: the query itself keeps to the window."""

    export_type: ExportType
    split: Split | None
    date_column: str | None
    key_columns: tuple[str, ...]
    names_window: bool
    before: VersionBefore | None

    @property
    def is_by_month(self) -> bool:
        return self.export_type == ExportType.MES or self.split_by == "month"

    @property
    def split_by(self) -> str | None:
        return self.split.get("by") if self.split else None

    @property
    def builds_on_before(self) -> bool:
        """The new version holds rows or files of the one before."""
        return self.export_type != ExportType.UNICO


class KindInvalid(JobInvalid):
    """The kind of file does not go with another member of the job."""

    code = "kind_invalid"


def kind_of(
    job: Job, current: DatasetVersion | None, versions: Path, *, names_window: bool
) -> Kind:
    """The kind of a job that `check_kind` let pass."""
    return Kind(
        export_type=ExportType(job.export_type),
        split=_split(job.split),
        date_column=(job.split or {}).get("column") or job.data_primary_key,
        key_columns=tuple(job.key_columns or ()),
        names_window=names_window,
        before=before_of(current, versions),
    )


def _split(stored: dict[str, Any] | None) -> Split | None:
    if not stored:
        return None
    return Split(by=stored["by"], rows=stored.get("rows"), column=stored.get("column"))


def before_of(version: DatasetVersion | None, versions: Path) -> VersionBefore | None:
    """What a new version may build on."""
    if version is None:
        return None
    parts = version.files or [
        {
            "file_name": version.file_name,
            "target_path": version.target_path,
            "rows": version.rows,
            "size_bytes": version.size_bytes,
            "sha256": version.sha256,
        }
    ]
    return VersionBefore(
        version_id=version.version_id,
        columns=tuple(ManifestColumn.of(column) for column in version.columns),
        form=FileForm.of_manifest(version.form),
        target=Path(version.target_path),
        parts=tuple(
            PartBefore(
                path=versions / part["file_name"],
                target=Path(part["target_path"]),
                key=part.get("key"),
                rows=part["rows"],
                size_bytes=part["size_bytes"],
                sha256=part["sha256"],
            )
            for part in parts
        ),
    )


def check_kind(job: Job) -> None:
    """Refuse a job whose kind of file lacks something it runs with. Raises JobInvalid."""
    kind, split = job.export_type, job.split or {}
    check_kind_fits(job)
    if kind in BY_DATE and not (job.data_primary_key or "").strip():
        raise _refusal(
            JobIncomplete,
            "data_primary_key",
            f"'{kind}' needs the name of the column with the date of each row (data_primary_key).",
        )
    if kind == ExportType.CHAVE and not job.key_columns:
        raise _refusal(
            JobIncomplete,
            "key_columns",
            f"'{kind}' needs the columns that tell one row from another (key_columns).",
        )
    if split.get("by") == "month" and not (split.get("column") or job.data_primary_key):
        raise _refusal(
            JobIncomplete,
            "split",
            "Splitting by month needs the name of the column with the date (split.column).",
        )


def check_kind_fits(job: Job) -> None:
    """Refuse a kind of file that contradicts the rest of the job. Raises KindInvalid."""
    kind = job.export_type
    if job.split and kind != ExportType.UNICO:
        raise _refusal(
            KindInvalid,
            "split",
            f"A file of the kind '{kind}' is not split; choose '{ExportType.UNICO}', or no split.",
        )
    if job.parallel_column:
        _check_parallel(job)
    if kind in MERGING and job.file_format not in (FileFormat.CSV, FileFormat.TSV):
        raise _refusal(
            KindInvalid,
            "file_format",
            f"'{kind}' writes earlier rows again and must read them from its own file: choose csv "
            f"or tsv, or the kind '{ExportType.UNICO}' or '{ExportType.MES}'.",
        )


def _check_parallel(job: Job) -> None:
    """Two connections fill one file. That the column is in the result is known when it is read."""
    if job.export_type != ExportType.UNICO or job.split:
        raise _refusal(
            KindInvalid,
            "parallel_column",
            f"Two connections can fill one whole file: choose the kind '{ExportType.UNICO}' and no "
            "split, or one connection (no parallel_column).",
        )


def _refusal(kind: type[JobInvalid], field: str, message: str) -> JobInvalid:
    return kind(message, errors=[FieldError(field=field, code=kind.code, message=message)])
