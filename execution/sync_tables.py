"""Synchronisation: tables in order, each brought up to date in one transaction of its own."""

from __future__ import annotations

from dataclasses import dataclass

from execution.moving import Moving, Step
from services.lookup_trials import asking
from services.run_tables import TableEntry
from transfer.definition import Sync, SyncTable
from transfer.looked_up import look_up_all
from transfer.names import parse_table
from transfer.source import Source
from transfer.stager import Stager, existing_target, referred_to
from transfer.staging import Stage
from transfer.writing import Figures, commit


def sync_tables(moving: Moving, job: Sync) -> None:
    """Bring every table up to date that is not done yet, in the job's order."""
    passes = _passes(moving, job)
    entries = moving.plan([(each.source_text, each.table.target) for each in passes])
    spec, salt = moving.job.source, moving.job.salt
    with Source.opened(moving.sessions, spec, salt) as source:
        for entry in entries:
            _sync(moving, source, passes[entry.position - 1], entry)
            if moving.failures and job.on_error == "stop":
                return


@dataclass(frozen=True, slots=True)
class Pass:
    """Rows that are gone from a table others refer to go in a pass of their own, after all
    others and in the opposite order: those that refer to them have gone by then."""

    table: SyncTable
    is_removal: bool = False
    removes_gone: bool = True

    @property
    def source_text(self) -> str:
        text = self.table.source_text
        return f"{text} (gone rows)" if self.is_removal else text


def _passes(moving: Moving, job: Sync) -> list[Pass]:
    with moving.sessions.opened(moving.job.target, read_only=True) as connection:
        parents = referred_to(connection, job.tables)
    later = [table for table in job.tables if parse_table(table.target) in parents]
    first = [Pass(table, removes_gone=table not in later) for table in job.tables]
    return [*first, *(Pass(table, is_removal=True) for table in reversed(later))]


def _sync(moving: Moving, source: Source, each: Pass, entry: TableEntry) -> None:
    sessions, spec = moving.sessions, moving.job.target
    with (
        moving.table(entry) as step,
        source.reading(each.table) as found,
        sessions.opened(spec, read_only=False) as connection,
    ):
        target = existing_target(connection, spec, each.table)
        stage = Stage(connection, each.table, target, found.reading, each.removes_gone)
        stager = Stager(found, stage)
        if each.is_removal:
            stager.stage_keys()
            commit(connection, Figures(deleted=stage.remove()), step.fence)
        else:
            _bring(step, stager)


def _bring(step: Step, stager: Stager) -> None:
    stage, moving = stager.stage, step.moving
    copied = stager.stage_rows(step.meter)
    stage.check_keys()
    notes: list[str] = []
    if stage.wanted.lookups:
        limits = moving.sessions.limits
        with asking(moving.job.outgoing_hosts) as ask:
            notes = look_up_all(stage, ask, lambda: limits.check(stage.wanted.target))
    counts = stage.apply()
    figures = Figures(
        copied.rows,
        copied.size_bytes,
        inserted=counts.inserted,
        updated=counts.updated,
        deleted=counts.deleted,
        skipped=counts.skipped,
        notes=tuple(notes),
    )
    commit(stage.connection, figures, step.fence)
