"""Why a running statement must stop: it was cancelled, or its time is up."""

from __future__ import annotations

import threading
import time

from connectors.base import SourceCancelled, SourceError, SourceTimeout


class Limits:
    """The time limit of a session and the wish to cancel it; shared between two threads.

    What happens to the limits `within` which these are happens to these too, not the other way.
    """

    def __init__(self, time_limit_s: float | None, within: Limits | None = None) -> None:
        self.time_limit_s = time_limit_s
        self._within = within
        self._deadline = None if time_limit_s is None else time.monotonic() + time_limit_s
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    @property
    def is_reached(self) -> bool:
        """True when the statement must stop now."""
        return (
            self._cancelled.is_set()
            or self._is_late
            or (self._within is not None and self._within.is_reached)
        )

    @property
    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def error(self, where: str, database_code: str | None = None) -> SourceError:
        """What to raise for a statement that was stopped at `where`."""
        if self._cancelled.is_set():
            return SourceCancelled(
                f"The query at {where} was cancelled.", database_code=database_code
            )
        if self._is_late:
            return SourceTimeout(
                f"The query at {where} ran longer than {self.time_limit_s:g} seconds and was "
                "stopped.",
                hint="Make the query read less, or raise the time limit of the job.",
                database_code=database_code,
            )
        return SourceCancelled(
            f"The query at {where} was stopped in the database by somebody else.",
            hint="Ask its administrator why, or run the job again.",
            database_code=database_code,
        )

    def check(self, where: str) -> None:
        """Raise SourceCancelled or SourceTimeout when the session must not go on."""
        if self.is_reached:
            raise self.error(where)
