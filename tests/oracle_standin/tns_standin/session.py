"""One client of the stand-in: all parts of the protocol together."""

from __future__ import annotations

from .calls import Calls
from .handshake import Handshake
from .lobs import Lobs
from .rows import Rows
from .statements import Statements


class Session(Handshake, Calls, Statements, Rows, Lobs):
    """See the parts."""
