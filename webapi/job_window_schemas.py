"""Members of a job about the days its query reads and the gate it waits at."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from webapi.job_policy_schemas import OptionalDate
from webapi.schemas import Model, blank_is_none

OnDeadline = Literal["fail", "run"]
GateMinutes = Annotated[int | None, Field(ge=1, le=10_080), BeforeValidator(blank_is_none)]


class JobWindowIn(Model):
    """`last_data_date`: the last day that was exported; the next window starts from it. The gate
    is asked again every `gate_check_every_min` until `gate_deadline_min` after the due time."""

    last_data_date: OptionalDate = None
    gate_check_every_min: GateMinutes = None
    gate_deadline_min: GateMinutes = None
    gate_on_deadline: OnDeadline = "fail"


class JobWindowOut(Model):
    """Null minutes mean the defaults of the server."""

    last_data_date: date | None
    gate_check_every_min: int | None
    gate_deadline_min: int | None
    gate_on_deadline: OnDeadline
