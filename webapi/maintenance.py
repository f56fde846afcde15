"""The pause of everything, for work on the server or a source."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from flask import Response
from pydantic import BeforeValidator, StringConstraints

from metadb.engine import unit_of_work
from models import Maintenance
from services import maintenance
from webapi.access import Rule, access, actor
from webapi.answers import answer
from webapi.resource import resource
from webapi.schemas import Model, blank_is_none

bp = resource("maintenance", __name__)

Note = Annotated[
    Annotated[str, StringConstraints(max_length=1000)] | None, BeforeValidator(blank_is_none)
]


class MaintenanceIn(Model):
    """True: what runs ends, nothing starts, occurrences are recorded; `note` says why."""

    paused: bool
    note: Note = None


class MaintenanceOut(Model):
    """Whether everything is paused, since when, by whom and why."""

    paused: bool
    paused_at: datetime | None
    paused_by: str | None
    note: str | None

    @classmethod
    def of(cls, row: Maintenance) -> Self:
        return cls(
            paused=row.paused_at is not None,
            paused_at=row.paused_at,
            paused_by=row.paused_by,
            note=row.note,
        )


@bp.get("/api/maintenance", responses={200: MaintenanceOut})
@access(Rule.NORMAL)
def get_maintenance() -> Response:
    """Whether everything is paused."""
    with unit_of_work() as session:
        return answer(MaintenanceOut.of(maintenance.get_maintenance(session)))


@bp.put("/api/maintenance", responses={200: MaintenanceOut})
@access(Rule.MODERATOR)
def set_maintenance(body: MaintenanceIn) -> Response:
    """Pause everything, or go on; what was not run meanwhile is not made up for."""
    with unit_of_work() as session:
        row = maintenance.set_maintenance(
            session, paused=body.paused, note=body.note, changed_by=actor().username
        )
        return answer(MaintenanceOut.of(row))
