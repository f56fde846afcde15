"""Other tools that do what we measure, in a Python environment of their own; none is needed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

PEERS = ("pandas", "dlt", "sling")


def peer_of(name: str) -> str | None:
    """The peer a contender of this name is one of: `dlt_csv` is of dlt; None for ours."""
    peer = name.partition("_")[0]
    return peer if peer in PEERS else None


def python_for(name: str, peers: str | None, tell: Callable[[str], None]) -> str | None:
    """The Python that has the contender's peer; None, with a word why, where it is not there."""
    peer = peer_of(name)
    is_there = peers is not None and bool(
        sling_of(peers) if peer == "sling" else _said_by(peers, f"import {peer}; print(1)")
    )
    if not is_there:
        tell(f"{name} skipped: {peer} is not installed (--peers names a Python with it)")
        return None
    return peers


def sling_of(peers: str | None) -> str:
    """Its program, which the package `sling-linux-amd64` brings; empty without one."""
    found = _said_by(peers, "import sling_linux_amd64 as s; print(s.SLING_BIN)") if peers else ""
    if found:
        Path(found).chmod(0o755)  # pip leaves it without the right to run
    return found


def _said_by(python: str, program: str) -> str:
    asked = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    return asked.stdout.strip()
