"""Statements that every run passes through: parsed and planned once a connection, not at each call.

The driver sends whole texts; planning the longer ones costs the server more than running them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVarTuple

from sqlalchemy import Connection, CursorResult, Engine, Select, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.orm import Session

_KNOWN = "prepared_statements"
_AS = "prepared_as"
Ts = TypeVarTuple("Ts")
_PLACE = re.compile(r"(?<![:\w]):(\w+)")
_DRIVERS_PLACE = re.compile(r"%(?:\((\w+)\)s|(%))")


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
        return execute_in_turn(session, [self], values)

    def known_to(self, connection: Connection) -> str:
        """What runs it on this connection, where it is prepared now."""
        known: set[str] = connection.info.setdefault(_KNOWN, set())
        if self._name not in known:
            connection.exec_driver_sql(self._prepare)
            known.add(self._name)
        return self._execute


def execute_in_turn(
    session: Session, statements: Sequence[Prepared], values: Mapping[str, object]
) -> CursorResult[Any]:
    """Run them one after the other by one message; the rows of the last one.

    Each sees what was committed while those before it waited for a lock. `values`: those of all
    of them, by name.
    """
    connection = session.connection()
    message = "; ".join([statement.known_to(connection) for statement in statements])
    return connection.exec_driver_sql(message, dict(values))


def prepared_as(name: str, statement: Select[*Ts], parameters: Mapping[str, str]) -> Select[*Ts]:
    """The query, to be planned once a connection; it must be one and the same text at each call.

    For queries whose rows are objects. `parameters`: the type of each bound one.
    """
    return statement.execution_options(**{_AS: (name, dict(parameters))})


def execute_prepared(engine: Engine) -> None:
    """From now on queries of this engine that are `prepared_as` something are."""

    def replace(
        connection: Connection,
        cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        _many: bool,
    ) -> tuple[str, Any]:
        wanted = context.execution_options.get(_AS) if context is not None else None
        if wanted is None:
            return statement, parameters
        name, types = wanted
        known: set[str] = connection.info.setdefault(_KNOWN, set())
        if name not in known:
            cursor.execute(
                f"PREPARE {name} ({', '.join(types.values())}) AS "
                + _numbered(statement, list(types))
            )
            known.add(name)
        places = ", ".join(f"%({parameter})s" for parameter in types)
        return f"EXECUTE {name} ({places})", parameters

    event.listen(engine, "before_cursor_execute", replace, retval=True)


def _numbered(statement: str, parameters: Sequence[str]) -> str:
    """The text with `$1` for the driver's places."""
    return _DRIVERS_PLACE.sub(
        lambda found: "%" if found[2] else f"${parameters.index(found[1]) + 1}", statement
    )
