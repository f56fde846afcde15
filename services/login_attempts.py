"""Slows down guessing of passwords: so many failed logins, then a pause, kept by the database.

Counted per user and address, and per address alone for whoever tries one password on many users.
Another address is never affected, so that nobody can lock somebody else out for good.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError

LIMIT = 10
ADDRESS_LIMIT = 100
WINDOW = timedelta(minutes=15)

_COUNT = text(
    """
    INSERT INTO login_failures AS f (subject, failures) VALUES (:subject, 1)
    ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN f.first_at <= clock_timestamp() - :window THEN 1
                        ELSE least(f.failures + 1, 1000000) END,
        first_at = CASE WHEN f.first_at <= clock_timestamp() - :window THEN clock_timestamp()
                        ELSE f.first_at END
    RETURNING failures, extract(epoch FROM first_at + :window - clock_timestamp())
    """
)
_FORGET_OLD = text("DELETE FROM login_failures WHERE first_at <= clock_timestamp() - :window")
_FORGET = text("DELETE FROM login_failures WHERE subject = :subject")
_TAKE_BACK = text("UPDATE login_failures SET failures = failures - 1 WHERE subject = :subject")


class TooManyAttempts(AutomacaoError):
    """Too many failed logins; `retry_after_s` says when the next one is looked at."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many failed logins from this address. Try again in "
            f"{-(-retry_after_s // 60)} minute(s)."
        )
        self.retry_after_s = retry_after_s


def count_attempt(session: Session, username: str, address: str) -> int | None:
    """Count one more, before the password is looked at: so many at once are no way round it.

    Returns the seconds to wait while the pause is on, else None; commit the count in any case.
    """
    session.execute(_FORGET_OLD, {"window": WINDOW})
    for subject, limit in ((_of_address(address), ADDRESS_LIMIT), (_of(username, address), LIMIT)):
        values = {"subject": subject, "window": WINDOW}
        failures, left_s = session.execute(_COUNT, values).one()
        if failures > limit:
            return max(1, round(float(left_s)))
    return None


def forget_attempts(session: Session, username: str, address: str) -> None:
    """The password was right: what failed before does not count any more."""
    session.execute(_TAKE_BACK, {"subject": _of_address(address)})
    session.execute(_FORGET, {"subject": _of(username, address)})


def _of(username: str, address: str) -> bytes:
    return hashlib.sha256(f"{username.casefold()[:200]}\0{address}".encode()).digest()


def _of_address(address: str) -> bytes:
    return hashlib.sha256(f"\0{address}".encode()).digest()
