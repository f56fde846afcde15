"""Members of a job about what its versions must be like and how long they are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from webapi.schemas import Model, Name, blank_is_none

Rows = Annotated[int | None, Field(ge=0, le=10**12), BeforeValidator(blank_is_none)]
Percent = Annotated[
    float | None, Field(gt=0, le=1_000_000, allow_inf_nan=False), BeforeValidator(blank_is_none)
]
Kept = Annotated[int | None, Field(ge=1, le=1000), BeforeValidator(blank_is_none)]
KeptDays = Annotated[int | None, Field(ge=1, le=36_500), BeforeValidator(blank_is_none)]


class GuardsOfJob(Model):
    """A new version that fails one of these is held back, and readers keep the one before.
    `max_change_percent`: against the median rows of the last 10 published versions; `columns`:
    one was added, is gone or has another type; `not_all_null`: these columns, or true for all,
    must hold a value. A guard of an unknown name is refused."""

    model_config = ConfigDict(extra="forbid")

    min_rows: Rows = None
    max_change_percent: Percent = None
    not_empty: bool = False
    columns: bool = False
    not_all_null: bool | Annotated[list[Name], Field(min_length=1, max_length=1000)] = False


class TargetOfJob(Model):
    """A target and the file there. In `path` `/` separates folders and `{data:%Y-%m}` is the day
    of the run; empty, or ending in `/`, the file keeps the name it is exported with."""

    target_id: int
    path: Annotated[str, StringConstraints(max_length=500)] = ""


class JobPublicationIn(Model):
    """Null: no guards, and the server's settings for how many versions are kept."""

    targets: Annotated[list[TargetOfJob], Field(max_length=20)] = Field(default_factory=list)
    guards: GuardsOfJob | None = None
    versions_kept: Kept = None
    versions_kept_days: KeptDays = None


class JobPublicationOut(Model):
    """Null in `versions_kept*` means the settings of the server."""

    targets: list[TargetOfJob]
    guards: GuardsOfJob | None
    versions_kept: int | None
    versions_kept_days: int | None
