"""Named moments at which a test can kill, stop, delay or fail this process; nothing otherwise.

`FAILPOINT=name:action[,name:action]` with action kill, stop, sleep or error. `FAILPOINT_ONCE=path`
lets each fire only while the file at path does not exist, and creates it; `FAILPOINT_SLEEP_S` says
how long sleep takes. The moments: after_slot_insert, after_claim, before_first_heartbeat,
after_connect, mid_fetch, after_last_row, after_fsync, after_rename, before_publish_commit,
after_publish_commit, before_projection, mid_cleanup, after_delivery_claim, before_delivery_rename,
after_delivery, after_notification, mid_table, before_target_commit, after_target_commit.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from auxiliares import AutomacaoError


class FailpointFired(AutomacaoError):
    """Raised on purpose by a failpoint with the action error."""

    code = "failpoint"
    error_class = "unknown"


@lru_cache(maxsize=1)
def _actions() -> dict[str, str]:
    configured = os.environ.get("FAILPOINT", "")
    pairs = (part.split(":", 1) for part in configured.split(",") if ":" in part)
    return {name.strip(): action.strip() for name, action in pairs}


def is_armed(name: str) -> bool:
    """Whether something shall happen at this moment; for moments too frequent to ask each time."""
    return name in _actions()


def failpoint(name: str) -> None:
    """Do what FAILPOINT asks for at this moment."""
    action = _actions().get(name)
    if action is None or not _first_time():
        return
    if action == "error":
        raise FailpointFired(f"failpoint {name}")
    if action == "sleep":
        time.sleep(float(os.environ.get("FAILPOINT_SLEEP_S", "5")))
        return
    if sys.platform != "win32":
        # Aimed at this very thread, which therefore does not take one step more.
        number = signal.SIGKILL if action == "kill" else signal.SIGSTOP
        signal.pthread_kill(threading.get_ident(), number)


def _first_time() -> bool:
    once = os.environ.get("FAILPOINT_ONCE")
    if once is None:
        return True
    try:
        Path(once).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
