"""The pause of everything: what runs ends, nothing starts, occurrences are recorded."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from metadb.engine import notify
from models import Maintenance
from services.clock import database_now
from services.occurrence_rules import Pause
from vocabulary import Reason

log = logging.getLogger(__name__)

MAINTENANCE_CHANNEL = "jobs_changed"


def get_maintenance(session: Session, *, lock: bool = False) -> Maintenance:
    """The one row; `paused_at` says whether and since when everything is paused."""
    return session.get_one(Maintenance, True, with_for_update=lock or None, populate_existing=True)


def set_maintenance(
    session: Session, *, paused: bool, note: str | None, changed_by: str
) -> Maintenance:
    """Pause everything or go on; saying the same again changes the note alone."""
    row = get_maintenance(session, lock=True)
    if paused and row.paused_at is None:
        row.paused_at, row.paused_by = database_now(session), changed_by
        log.warning("maintenance_started", extra={"note": note})
    elif not paused and row.paused_at is not None:
        row.last_paused_at, row.last_resumed_at = row.paused_at, database_now(session)
        row.paused_at = row.paused_by = None
        log.warning("maintenance_ended")
    row.note = note if paused else None
    session.flush()
    notify(session, MAINTENANCE_CHANNEL, "0")
    return row


def maintenance_pauses(session: Session) -> list[Pause]:
    """The pause that lasts and the last one that is over, as far as there are any."""
    row = get_maintenance(session)
    pauses = []
    if row.paused_at is not None:
        pauses.append(Pause(Reason.MAINTENANCE, row.paused_at))
    if row.last_paused_at is not None and row.last_resumed_at is not None:
        pauses.append(Pause(Reason.MAINTENANCE, row.last_paused_at, row.last_resumed_at))
    return pauses
