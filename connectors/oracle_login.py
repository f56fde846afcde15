"""A login that ends in time; the driver's own limit covers only the first packet of the network."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong

import oracledb

from connectors.oracle_errors import DRIVER_ERRORS


class LoginSilent(Exception):
    """The other side took the connection and never answered."""


def logged_in(
    connect: Callable[[], oracledb.Connection], *, timeout_s: float
) -> oracledb.Connection:
    """What `connect` returns or raises, or LoginSilent after `timeout_s`.

    A login that comes too late is closed by the thread that waited for it; one that never comes
    keeps its thread until keepalive finds the other side gone.
    """
    outcome: Future[oracledb.Connection] = Future()
    threading.Thread(
        target=_connect, args=(connect, outcome), name="oracle-login", daemon=True
    ).start()
    try:
        return outcome.result(timeout_s)
    except WaitedTooLong:
        if outcome.cancel():
            message = f"the login was not answered within {timeout_s:g} seconds"
            raise LoginSilent(message) from None
        return outcome.result()


def _connect(
    connect: Callable[[], oracledb.Connection], outcome: Future[oracledb.Connection]
) -> None:
    try:
        connection = connect()
    except (*DRIVER_ERRORS, OSError, ValueError, TypeError) as exc:
        if outcome.set_running_or_notify_cancel():
            outcome.set_exception(exc)
        return
    if outcome.set_running_or_notify_cancel():
        outcome.set_result(connection)
        return
    with contextlib.suppress(*DRIVER_ERRORS):
        connection.close()
