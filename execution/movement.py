"""Executes a run that moves tables: a transfer or a synchronisation, from the first session on."""

from __future__ import annotations

from connectors.limits import Limits
from execution.context import ActiveRun
from execution.moving import Moving, Persist
from execution.sync_tables import sync_tables
from execution.transfer_tables import transfer_tables
from services.movements import Movement
from transfer.definition import Sync, Transfer
from transfer.following import followed
from transfer.sessions import Sessions


def move_tables(run: ActiveRun, job: Movement, *, persist: Persist) -> tuple[int, int]:
    """Move every table of the job; returns rows and bytes.

    A run that is repeated goes on with the tables that are not done. Raises TablesFailed, what a
    source or a target has to say, and AttemptNotCurrent.
    """
    sessions = Sessions(job.mark, Limits(job.time_limit_s), job.time_zone)
    moving = Moving(run.key, job, persist, sessions)
    run.watch(moving.meter, moving.progress)
    run.attach(sessions)
    try:
        with sessions.watched(), followed(sessions, job.target, moving.meter):
            moving.end_earlier()
            if isinstance(job.definition, Transfer):
                transfer_tables(moving, job.definition)
            elif isinstance(job.definition, Sync):
                sync_tables(moving, job.definition)
    finally:
        run.detach()
    return moving.end()
