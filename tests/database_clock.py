"""The clock of record in the hands of a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services import clock


class DatabaseClock:
    """What `database_now` answers; it stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


def hold_clock(monkeypatch: pytest.MonkeyPatch, iso: str) -> DatabaseClock:
    """Set the clock of record of this process, in UTC."""
    held = DatabaseClock(datetime.fromisoformat(iso).replace(tzinfo=UTC))
    monkeypatch.setattr(clock, "_read", lambda _: held.now)
    return held
