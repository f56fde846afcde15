"""Test-only stand-in for an Oracle listener (see server.py)."""

from .backends import DuckDB, Fault, OraError, Result, Scripted
from .datatypes import Column, Encoded, Raw, column, columns, encoder
from .protocol import PROFILES, User
from .server import Server

__all__ = [
    "PROFILES",
    "Column",
    "DuckDB",
    "Encoded",
    "Fault",
    "OraError",
    "Raw",
    "Result",
    "Scripted",
    "Server",
    "User",
    "column",
    "columns",
    "encoder",
]
