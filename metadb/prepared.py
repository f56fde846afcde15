"""Statements that every run passes through: parsed and planned once a connection, not at each call.

The driver sends whole texts; planning the longer ones costs the server more than running them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

_KNOWN = "prepared_statements"
_PLACE = re.compile(r"(?<![:\w]):(\w+)")


class Prepared:
    """A statement with its name in the database; `parameters`: the type of each `:name` in it."""

    def __init__(self, name: str, statement: str, parameters: Mapping[str, str]) -> None:
        self._name = name
        numbers = {parameter: n for n, parameter in enumerate(parameters, start=1)}
        text = _PLACE.sub(lambda found: f"${numbers[found[1]]}", statement)
        self._prepare = f"PREPARE {name} ({', '.join(parameters.values())}) AS {text}"
        places = ", ".join(f"%({parameter})s" for parameter in parameters)
        self._execute = f"EXECUTE {name} ({places})"

    def execute(self, session: Session, values: Mapping[str, object]) -> CursorResult[Any]:
        """Run it in the caller's transaction; what is prepared outlives a rollback."""
        connection = session.connection()
        known: set[str] = connection.info.setdefault(_KNOWN, set())
        if self._name not in known:
            connection.exec_driver_sql(self._prepare)
            known.add(self._name)
        return connection.exec_driver_sql(self._execute, dict(values))
