"""Child processes that do not outlive the process that started them, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from bootstrap import windows_job

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> int:
    """Run to the end in this terminal; the exit code. `output` takes what it would print."""
    with spawn(command, cwd=cwd, env=env, output=output) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            if os.name != "nt":  # there the console has told it already
                process.terminate()
            process.wait()
            raise


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    own_session: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a process that is asked to end when this one dies. Call it from the main thread.

    Linux ties the promise to the thread that starts the process, not to the process. In a session
    of its own the child does not hear the terminal's Ctrl-C.
    """
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
    if os.name == "nt":
        options["creationflags"] = 0x00000200 if own_session else 0  # CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = own_session
    if sys.platform == "linux":
        options["preexec_fn"] = _death_bound()
    process = subprocess.Popen(list(command), cwd=cwd, env=env, **options)  # noqa: S603 - our own commands
    if own_session:
        windows_job.tie(process)
    return process


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """The request a well-behaved child answers by finishing its work and leaving."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        process.terminate()


def _death_bound() -> Callable[[], None]:
    """What a fresh child does before it becomes the program; prepared before the fork."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def bind_to_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the request was in place
            os.kill(os.getpid(), signal.SIGTERM)

    return bind_to_parent
