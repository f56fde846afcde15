"""How `start` and `test` speak: whole sentences on the terminal, and a way to give up with one."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO


class CannotGoOn(Exception):
    """Something only a person can put right; the message is one sentence for that person."""


def say(text: str) -> None:
    """Write a line at once, also where the output is not a terminal."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    with contextlib.suppress(OSError):  # a closed terminal must not keep us from stopping cleanly
        stream.write(text + "\n")
        stream.flush()
