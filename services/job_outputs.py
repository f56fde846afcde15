"""The form of a job's file: its format, compression and dialect, checked."""

from __future__ import annotations

from datafiles.formats.form import FileForm
from dialects.profiles import dialect_of
from models import Job

OUTPUT_FIELDS = frozenset({"file_format", "compression", "dialect"})


def form_of(job: Job, *, default_zone: str) -> FileForm:
    """Raises FileFormInvalid or DialectInvalid."""
    dialect = dialect_of(job.dialect, time_zone=job.time_zone or default_zone)
    return FileForm.of(job.file_format, job.compression, dialect)


def extension_of(job: Job) -> str:
    """The extension of the job's file, with its dot. Raises FileFormInvalid or DialectInvalid."""
    return form_of(job, default_zone="UTC").extension
