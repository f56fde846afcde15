"""Test-only stand-in for an Oracle listener (see server.py)."""

from .backends import DuckDB, Fault, OraError, Result, Scripted
from .datatypes import Column, Raw, column, columns
from .protocol import PROFILES, User
from .server import Server

__all__ = [
    "PROFILES",
    "Column",
    "DuckDB",
    "Fault",
    "OraError",
    "Raw",
    "Result",
    "Scripted",
    "Server",
    "User",
    "column",
    "columns",
]
