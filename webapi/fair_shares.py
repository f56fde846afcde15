"""Takes from the shares of whoever asks in this request; see webapi.shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import current_app

from webapi.access import actor, reader
from webapi.shares import Held
from webapi.state import current_settings, state_of


def share_of_stream() -> Callable[[], None]:
    """Raises TooManyAtOnce; so do the others."""
    limit = current_settings().security.streams_per_user
    return state_of(current_app).shares.take(Held.STREAM, str(actor().user_id), limit)


def share_of_download() -> Callable[[], None]:
    asking = reader()
    limit = current_settings().security.downloads_per_reader
    return state_of(current_app).shares.take(Held.DOWNLOAD, f"{asking.kind} {asking.name}", limit)


@contextmanager
def asking_others() -> Iterator[None]:
    """Something that waits for a database, a store or a mail server of somebody else's."""
    limit = current_settings().security.questions_per_user
    give_back = state_of(current_app).shares.take(Held.QUESTION, str(actor().user_id), limit)
    try:
        yield
    finally:
        give_back()
