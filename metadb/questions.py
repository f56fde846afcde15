"""Small questions to the metadata database that a request asks before it does anything else.

Each is a statement of its own that was prepared once, so it costs one way there and back, where a
transaction of the pool takes four and builds its statement anew. The answer is as fresh.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import psycopg2
import psycopg2.extensions

KEPT_OPEN: Final = 8

Connect = Callable[[], psycopg2.extensions.connection]


@dataclass(frozen=True, slots=True)
class Question:
    """A SELECT with `$1`, `$2` and so on; `name` is what it is prepared as."""

    name: str
    sql: str
    types: tuple[str, ...]


class _Line:
    """A connection and what is prepared on it."""

    def __init__(self, connect: Connect) -> None:
        self.connection = connect()
        self.connection.autocommit = True
        self._cursor = self.connection.cursor()
        self._prepared: set[str] = set()

    @property
    def is_lost(self) -> bool:
        return bool(self.connection.closed)

    def ask(self, question: Question, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if question.name not in self._prepared:
            types = ", ".join(question.types)
            self._cursor.execute(f"PREPARE {question.name} ({types}) AS {question.sql}")
            self._prepared.add(question.name)
        marks = ", ".join(["%s"] * len(values))
        self._cursor.execute(f"EXECUTE {question.name} ({marks})", values)
        return self._cursor.fetchall()

    def close(self) -> None:
        with contextlib.suppress(psycopg2.Error):
            self.connection.close()


class Questions:
    """Lines that are free; whoever finds none opens one more."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._free: list[_Line] = []
        self._is_closed = False

    def ask(self, question: Question, *values: object) -> list[tuple[Any, ...]]:
        """The rows of the answer. Raises psycopg2.Error.

        A line that was lost while nobody used it is no fault: the question is asked once more.
        """
        line = self._taken()
        if line is not None:
            try:
                return self._asked(line, question, values)
            except psycopg2.Error:
                if not line.is_lost:
                    raise
            self._drop_free()
        return self._asked(_Line(self._connect), question, values)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        self._drop_free()

    def _taken(self) -> _Line | None:
        with self._lock:
            return self._free.pop() if self._free else None

    def _asked(
        self, line: _Line, question: Question, values: tuple[object, ...]
    ) -> list[tuple[Any, ...]]:
        try:
            return line.ask(question, values)
        finally:
            self._give_back(line)

    def _give_back(self, line: _Line) -> None:
        with self._lock:
            if not line.is_lost and not self._is_closed and len(self._free) < KEPT_OPEN:
                self._free.append(line)
                return
        line.close()

    def _drop_free(self) -> None:
        """The server that ended one line has ended all of them."""
        with self._lock:
            lines, self._free = self._free, []
        for line in lines:
            line.close()
