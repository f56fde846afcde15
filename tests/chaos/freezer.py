"""Freezes aimed at the moment before publication, one after the other."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from contextlib import closing

import psycopg2

from tests.chaos.ground import Case
from tests.chaos.invariants import rows
from tests.chaos.nursery import Child

PATIENCE_S = 60
POINT = "before_publish_commit"
EVENTS = ("publication_refused", "run_succeeded")


class Freezer(threading.Thread):
    """Starts workers that freeze themselves there, waits past their lease, and wakes them up."""

    def __init__(self, case: Case, freezes: int, *, unfenced: bool = False) -> None:
        super().__init__(daemon=True)
        self.counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self._case = case
        self._freezes = freezes
        self._unfenced = unfenced

    def run(self) -> None:
        number = 0
        while self.counts["aimed freeze"] < self._freezes:
            number += 1
            try:
                self._freeze(number)
            except (AssertionError, psycopg2.Error) as exc:
                # The storm reached it: its line was cut, its database killed. Another one.
                self.counts["aimed freeze in vain"] += 1
                if self.counts["aimed freeze in vain"] > 3 * self._freezes:
                    self.notes.append(f"too many freezes in vain, the last: {exc}")
                    return

    def _freeze(self, number: int) -> None:
        case = self._case
        once = case.data.parent / f"frozen-{number}"
        child = case.start(
            f"sleeper-{number}",
            "--worker",
            alter={"unfenced": self._unfenced},
            FAILPOINT=f"{POINT}:stop",
            FAILPOINT_ONCE=str(once),
        )
        try:
            case.wait(child.is_frozen, "the sleeper to freeze", timeout_s=PATIENCE_S)
            frozen = self._runs_of(child)
            case.wait(
                lambda: self._have_ended(frozen), "others to do its work", timeout_s=PATIENCE_S
            )
            child.send(signal.SIGCONT)
            case.wait(
                lambda: any(
                    word in child.output() for word in ("publication_refused", "succeeded")
                ),
                "the woken sleeper to be refused",
                timeout_s=PATIENCE_S,
            )
            self.counts["aimed freeze"] += 1
            self.counts["publications refused"] += child.output().count("publication_refused")
        finally:
            child.kill()
            del case.children[f"sleeper-{number}"]

    def _runs_of(self, child: Child) -> list[int]:
        """The runs that are this worker's now."""
        query = """select r.run_id from workers w join runs r using (worker_id)
            where w.pid = %(pid)s and r.state = 'running'"""
        with closing(self._case.connect()) as connection:
            return [row.run_id for row in rows(connection, query, pid=child.pid)]

    def _have_ended(self, run_ids: list[int]) -> bool:
        query = "select state from runs where run_id = any(%(ids)s)"
        with closing(self._case.connect()) as connection:
            states = {row.state for row in rows(connection, query, ids=run_ids)}
        return not states & {"queued", "running", "interrupted"}
