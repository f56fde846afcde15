"""A new secret key: everything sealed with the old one is sealed anew, all or nothing.

The new key and the one before lie in the settings together until all is done, so that a process
that is killed at any moment leaves nothing unreadable; the same command then goes on.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import ENV_PREFIX, AutomacaoError, Settings, change_datafile, load_settings
from metadb.database import open_database
from metadb.engine import unit_of_work
from models import Base, Channel, Connection, Job, JobProposal, JobVersion, Target
from services.lookup_secrets import sealed_anew
from stored_secrets import decrypt_secret, encrypt_secret

log = logging.getLogger(__name__)

KEY_VARIABLE = ENV_PREFIX + "BACKEND__SECRET_KEY"
PREVIOUS_VARIABLE = ENV_PREFIX + "BACKEND__PREVIOUS_SECRET_KEY"

# Table, sealed column, and what each secret is bound to, by the number of its row.
SEALED: tuple[tuple[type[Base], str, str, str], ...] = (
    (Connection, "password_encrypted", "connection_id", "connection:{}:password"),
    (Target, "secret_encrypted", "target_id", "target:{}:secret"),
    (Channel, "secret_encrypted", "channel_id", "channel:{}:secret"),
)
# Where jobs lie with the headers of their look-ups.
MOVEMENTS: tuple[tuple[type[Base], str], ...] = (
    (Job, "movement"),
    (JobVersion, "definition"),
    (JobProposal, "changes"),
)


class SecretKeyElsewhere(AutomacaoError):
    """The key comes from the environment, where this program cannot change it."""

    code = "secret_key_elsewhere"


def rotate_secret_key(path: Path, *, seal_again: Callable[[Settings], int] | None = None) -> int:
    """Make a new key, or go on with one that was begun; how many secrets were sealed anew.

    `seal_again` does what needs the database; it is opened and closed here when not given. No
    other process of the product may run. Raises SecretKeyElsewhere or SecretUnreadable.
    """
    settings = load_settings(path)
    if settings.backend.previous_secret_key is None:
        if KEY_VARIABLE in os.environ:
            raise SecretKeyElsewhere(
                f"The secret key comes from {KEY_VARIABLE}. Give that a new random text and "
                f"{PREVIOUS_VARIABLE} the old one, run this again, then remove the old one."
            )
        old = settings.backend.secret_key.get_secret_value()
        fresh = {"secret_key": secrets.token_urlsafe(48), "previous_secret_key": old}
        change_datafile(path, "backend", fresh)
        settings = load_settings(path)
    count = (seal_again or _seal_again_in_database)(settings)
    if PREVIOUS_VARIABLE not in os.environ:
        change_datafile(path, "backend", {"previous_secret_key": ""})
    return count


def _seal_again_in_database(settings: Settings) -> int:
    database = open_database(settings)
    try:
        with unit_of_work() as session:
            return reseal(session, settings)
    finally:
        database.close()


def reseal(session: Session, settings: Settings) -> int:
    """Seal every stored secret with the present key. Raises SecretUnreadable, naming the row."""
    opening = settings.backend.opening_keys

    def anew(token: str, bound_to: str) -> str:
        text = decrypt_secret(opening, token, bound_to=bound_to)
        return encrypt_secret(opening[0], text, bound_to=bound_to)

    count = 0
    for table, column, number, place in SEALED:
        chosen = select(table).where(getattr(table, column).is_not(None)).with_for_update()
        for row in session.scalars(chosen):
            bound_to = place.format(getattr(row, number))
            setattr(row, column, anew(getattr(row, column), bound_to))
            count += 1
    for table, column in MOVEMENTS:
        for row in session.scalars(select(table).with_for_update()):
            before = getattr(row, column)
            after = sealed_anew(before, anew)
            if after != before:
                setattr(row, column, after)
                count += 1
    session.flush()
    log.info("secrets_sealed_anew", extra={"count": count})
    return count
