"""The form of a job's file: its format, compression and dialect, checked."""

from __future__ import annotations

import json
from functools import lru_cache

from datafiles.formats.form import FileForm
from dialects.profiles import dialect_of
from models import Job

OUTPUT_FIELDS = frozenset({"file_format", "compression", "dialect"})


def form_of(job: Job, *, default_zone: str) -> FileForm:
    """Raises FileFormInvalid or DialectInvalid."""
    zone = job.time_zone or default_zone
    return _form(job.file_format, job.compression, json.dumps(job.dialect), zone)


@lru_cache(maxsize=1000)
def _form(file_format: str, compression: str, dialect: str, zone: str) -> FileForm:
    stored = dialect_of(json.loads(dialect), time_zone=zone)
    return FileForm.of(file_format, compression, stored)


def extension_of(job: Job) -> str:
    """The extension of the job's file, with its dot. Raises FileFormInvalid or DialectInvalid."""
    return form_of(job, default_zone="UTC").extension
