"""A run that moves tables: its sessions, its place in the ledger, the end of each table."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from connectors.base import SourceError
from services import run_tables
from services.ledger import AttemptKey, Failure
from services.movements import Movement
from services.publication import AttemptNotCurrent
from services.run_tables import TableEntry, TableProgress
from transfer.meter import Meter, RunMeter
from transfer.sessions import Sessions
from transfer.writing import Figures, was_committed
from vocabulary import ErrorClass, TableState

log = logging.getLogger(__name__)

T = TypeVar("T")
Persist = Callable[[Callable[[Session], Any]], Any]


class TablesFailed(AutomacaoError):
    """Some tables of the run could not be moved; the others stay moved."""

    code = "tables_failed"
    status = 409

    def __init__(self, message: str, error_class: str) -> None:
        super().__init__(message)
        self.error_class = error_class


@dataclass
class Moving:
    """A run in progress: its sessions, its place in the ledger, what has failed so far."""

    key: AttemptKey
    job: Movement
    persist: Persist
    sessions: Sessions
    meter: RunMeter = field(default_factory=RunMeter)
    failures: list[tuple[TableEntry, AutomacaoError]] = field(default_factory=list)

    def plan(self, wanted: list[tuple[str, str]]) -> list[TableEntry]:
        """The tables still to be moved. Sessions of earlier attempts are gone afterwards, and
        what they were committing is known."""
        entries: list[TableEntry] = self.persist(
            lambda session: run_tables.plan(session, self.key, wanted)
        )
        return [entry for entry in entries if not self._is_done(entry)]

    def progress(self) -> list[TableProgress]:
        """How far the tables are that are being moved at this moment."""
        return [
            TableProgress(position, each.rows_written, each.bytes_written, each.rows_expected)
            for position, each in self.meter.tables().items()
        ]

    def end_earlier(self) -> None:
        """Nobody else writes for this job from now on."""
        with self.sessions.opened(self.job.target, read_only=False) as connection:
            ended = self.sessions.end_earlier(connection)
        if ended:
            log.warning("earlier_sessions_ended", extra={"sessions": ended})

    @contextmanager
    def table(self, entry: TableEntry) -> Iterator[Step]:
        """One table: its failure is recorded and told at the end, the others go on."""
        self.sessions.limits.check(entry.target)
        with self.meter.counting(entry.position) as meter:
            step = Step(self, entry, meter)
            self.persist(lambda session: run_tables.begin(session, self.key, entry.position))
            try:
                yield step
            except AttemptNotCurrent:
                self.sessions.cancel()
                raise
            except AutomacaoError as exc:
                if step.xid is None or not self._was_committed(entry, step.xid):
                    self._fail(entry, exc, step)
                    return
            self.persist(lambda session: run_tables.finish(session, self.key, entry.position))
        step.tell()

    def end(self) -> tuple[int, int]:
        """Close the run: rows and bytes moved. Raises TablesFailed."""
        if self.failures:
            raise self._told()
        self.persist(lambda session: run_tables.succeed(session, self.key))
        return self.meter.rows_written, self.meter.bytes_written

    def _is_done(self, entry: TableEntry) -> bool:
        if entry.state == TableState.COMMITTING and entry.target_xid is not None:
            if self._was_committed(entry, entry.target_xid):
                self.persist(lambda session: run_tables.finish(session, self.key, entry.position))
                return True
            self.persist(lambda session: run_tables.reopen(session, self.key, entry.position))
            return False
        return entry.state == TableState.DONE

    def _was_committed(self, entry: TableEntry, xid: int) -> bool:
        """Ask the target, which alone knows. Raises a SourceError while it cannot be asked."""
        with self.sessions.opened(self.job.target, read_only=True) as connection:
            found = was_committed(connection, xid)
        log.info("commit_looked_up", extra={"table": entry.target, "xid": xid, "committed": found})
        return bool(found)

    def _fail(self, entry: TableEntry, exc: AutomacaoError, step: Step) -> None:
        failure = Failure(exc.code, exc.message, ErrorClass(exc.error_class))
        self.failures.append((entry, exc))
        self.persist(lambda session: run_tables.fail(session, self.key, entry.position, failure))
        log.error(
            "table_failed",
            extra={
                "table": entry.target,
                "source": entry.source,
                "code": exc.code,
                "problem": exc.message,
                "duration_ms": step.elapsed_ms,
            },
        )

    def _told(self) -> AutomacaoError:
        first_entry, first = self.failures[0]
        if len(self.failures) == 1 and isinstance(first, SourceError) and first.retry_after_s:
            return first
        classes = {exc.error_class for _, exc in self.failures}
        worst = ErrorClass.TRANSIENT if ErrorClass.TRANSIENT in classes else first.error_class
        names = ", ".join(entry.target for entry, _ in self.failures[:10])
        return TablesFailed(
            f"{len(self.failures)} of the tables failed ({names}); the first one, "
            f"{first_entry.target}: {first.message}",
            worst,
        )


@dataclass
class Step:
    """One table on its way; `fence` is what its commit goes through."""

    moving: Moving
    entry: TableEntry
    meter: Meter
    started: float = field(default_factory=time.monotonic)
    xid: int | None = None
    figures: Figures = field(default_factory=Figures)

    @property
    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)

    def fence(self, xid: int, figures: Figures) -> None:
        """Record what is about to be committed. Raises AttemptNotCurrent."""
        values = asdict(figures) | {
            "notes": list(figures.notes) or None,
            "duration_ms": self.elapsed_ms,
        }
        self.moving.persist(
            lambda session: run_tables.pass_fence(
                session, self.moving.key, self.entry.position, xid, values
            )
        )
        self.xid, self.figures = xid, figures

    def tell(self) -> None:
        """The line of the log: rows, bytes, seconds, rate."""
        figures, seconds = self.figures, self.elapsed_ms / 1000
        counts = ("inserted", "updated", "deleted", "skipped")
        said = {
            "table": self.entry.target,
            "source": self.entry.source,
            "rows": figures.rows,
            "size_bytes": figures.size_bytes,
            "duration_ms": self.elapsed_ms,
            "rows_per_s": round(figures.rows / seconds) if seconds else None,
            **{name: getattr(figures, name) for name in counts},
            "notes": "; ".join(figures.notes) or None,
        }
        log.info("table_moved", extra={k: v for k, v in said.items() if v is not None})
