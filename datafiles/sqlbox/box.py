"""Runs a reader's SQL in a process of its own and keeps its rows as exact lines.

The process reads the companions of the datasets it names and nothing else; it is ended when its
time is over, whatever it does.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, cast

from auxiliares import ROOT, AutomacaoError
from datafiles.companion_build import KEYS_FILE
from datafiles.companions import Companion
from datafiles.json_values import unique_names
from datafiles.manifest import ManifestColumn
from datafiles.querying import QueryTimeout, QueryTooLarge, TooManyQueries
from datafiles.sqlbox.frames import Frame, receive

LIMIT_S: Final = 20.0
GRACE_S: Final = 3.0  # for a process that does not heed the end of its time
AT_ONCE: Final = 2
MEMORY: Final = "256MB"
SPILL_LIMIT: Final = "1GB"
MAX_ROWS: Final = 100_000
MAX_BYTES: Final = 64 << 20
MAX_FRAME_BYTES: Final = 2 * MAX_BYTES
MAX_TABLES: Final = 20
IN_MEMORY_BYTES: Final = 1 << 20
COMMAND: Final = [sys.executable, "-E", "-s", "-m", "datafiles.sqlbox.worker"]
KEPT_VARIABLES: Final = ("PATH", "SYSTEMROOT", "TEMP")


class SqlInvalid(AutomacaoError):
    """The SQL is refused, or the engine cannot run it; `line` and `column` count from 1."""

    code: ClassVar[str] = "sql_invalid"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class SqlNotASelect(SqlInvalid):
    """Something else than one SELECT."""

    code = "sql_not_a_select"


class SqlRefused(SqlInvalid):
    """A function that reads more than the datasets, or changes or delays something."""

    code = "sql_refused"


class SqlTableUnknown(SqlInvalid):
    """A table that is no dataset the caller may read."""

    code = "sql_table_unknown"


class SqlResultTooLarge(AutomacaoError):
    """The rows have more bytes than an answer may hold."""

    code: ClassVar[str] = "sql_result_too_large"
    status: ClassVar[int] = 413


class SqlProcessLost(AutomacaoError):
    """The process ended by itself: out of memory, or a fault of the engine."""

    code: ClassVar[str] = "sql_process_lost"
    status: ClassVar[int] = 507


_REFUSALS: Final[Mapping[str, type[SqlInvalid]]] = {
    refusal.code: refusal for refusal in (SqlInvalid, SqlNotASelect, SqlRefused, SqlTableUnknown)
}

OpenTable = Callable[[str], Companion]


@dataclass(frozen=True, slots=True)
class SqlResult:
    """The rows as exact lines; close it. `is_cut`: there are more. `read`: see `columns_of`."""

    columns: tuple[ManifestColumn, ...]
    rows: int
    is_cut: bool
    read: frozenset[str] | None
    _lines: BinaryIO
    _sizes: tuple[int, ...]

    def blocks(self) -> Iterator[bytes]:
        """Whole lines, some at a time."""
        self._lines.seek(0)
        for size in self._sizes:
            yield self._lines.read(size)

    def close(self) -> None:
        self._lines.close()


class SqlBox:
    """Bounds how many run at once; `spill` is where they may put what memory does not hold."""

    def __init__(self, spill: Path, *, at_once: int = AT_ONCE, limit_s: float = LIMIT_S) -> None:
        self._spill = spill
        self._limit_s = limit_s
        self._free = threading.BoundedSemaphore(at_once)
        self._spare = _Spare()

    def close(self) -> None:
        """End what waits for the next SQL."""
        self._spare.close()

    def run(self, sql: str, known: Sequence[str], open_table: OpenTable, rows: int) -> SqlResult:
        """At most `rows` rows of the one SELECT over the datasets in `known`.

        `open_table` gives the companion of a dataset that the SQL names. Raises SqlInvalid and
        its kin, QueryTimeout, QueryTooLarge, SqlResultTooLarge, TooManyQueries, or what
        `open_table` raises.
        """
        if not self._free.acquire(timeout=self._limit_s):
            raise TooManyQueries("Too much SQL is running at once. Try again in a few seconds.")
        try:
            return self._run(sql, known, open_table, min(rows, MAX_ROWS))
        finally:
            self._free.release()

    def _run(self, sql: str, known: Sequence[str], open_table: OpenTable, rows: int) -> SqlResult:
        with ExitStack() as held:
            spill = self._spill / f".sql.{secrets.token_hex(6)}"
            held.callback(shutil.rmtree, spill, ignore_errors=True)
            process = held.enter_context(_ended(self._spare.take()))
            request = {
                "sql": sql,
                "known": list(known),
                "rows": rows,
                "memory": MEMORY,
                "spill": str(spill),
                "spill_limit": SPILL_LIMIT,
                "limit_s": self._limit_s,
                "bytes": MAX_BYTES,
            }
            talk = _Talk(process, self._limit_s)
            talk.say(request)
            tables = talk.tables()
            # Making a companion is not the reader's time.
            opened = [_given(name, open_table(name)) for name in tables]
            with talk.time_bounded():
                talk.say({"tables": opened})
                return talk.result()


class _Spare:
    """One process more than is used, so that the next SQL need not wait for it to start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: subprocess.Popen[bytes] | None = None

    def take(self) -> subprocess.Popen[bytes]:
        with self._lock:
            ready, self._waiting = self._waiting, _started()
        if ready is not None:
            if ready.poll() is None:
                return ready
            _end(ready)
        return _started()

    def close(self) -> None:
        with self._lock:
            ready, self._waiting = self._waiting, None
        if ready is not None:
            _end(ready)


def _started() -> subprocess.Popen[bytes]:
    """It holds no handle of ours but its pipes."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        COMMAND,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def environment() -> dict[str, str]:
    """What a process needs to start, and no secret of ours."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, which is gone afterwards."""
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            _close(pipe)


def _close(pipe: object) -> None:
    try:
        cast("BinaryIO", pipe).close()
    except OSError:
        return  # what it still held could not be written: the process has gone


def _given(name: str, companion: Companion) -> dict[str, object]:
    """What the process needs to open a companion under the dataset's name."""
    names = _distinct([key.name for key in companion.keys])
    columns = [
        [column, f"{key.value_prefix}{position}"]
        for position, (column, key) in enumerate(zip(names, companion.keys, strict=True))
    ]
    return {"name": name, "path": str(companion.folder / KEYS_FILE), "columns": columns}


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as readers see them, told apart also where only upper and lower case differ."""
    taken: set[str] = set()
    distinct = []
    for name in unique_names(names):
        candidate, repeat = name, 0
        while candidate.casefold() in taken:
            repeat += 1
            candidate = f"{name}.{repeat}"
        taken.add(candidate.casefold())
        distinct.append(candidate)
    return distinct


class _Talk:
    """The server's side of one process."""

    def __init__(self, process: subprocess.Popen[bytes], limit_s: float) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = cast("BinaryIO", process.stdout)
        self._limit_s = limit_s
        self._is_over = False
        self._read: frozenset[str] | None = None

    def say(self, document: Mapping[str, object]) -> None:
        try:
            self._input.write(json.dumps(document).encode() + b"\n")
            self._input.flush()
        except OSError:
            return  # it has ended; what it said last tells why

    @contextmanager
    def time_bounded(self) -> Iterator[None]:
        """End the process if it does not end in time by itself."""

        def end() -> None:
            self._is_over = True
            self._process.kill()

        timer = threading.Timer(self._limit_s + GRACE_S, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def tables(self) -> list[str]:
        with self.time_bounded():
            _, data = self._next()
        named = json.loads(data)
        found: list[str] = named["tables"]
        self._read = None if named["columns"] is None else frozenset(named["columns"])
        if len(found) > MAX_TABLES:
            raise SqlInvalid(f"One SELECT may read {MAX_TABLES} datasets; this one names more.")
        return found

    def result(self) -> SqlResult:
        _, head = self._next()
        columns = tuple(ManifestColumn.of(column) for column in json.loads(head)["columns"])
        lines = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))  # noqa: SIM115
        sizes: list[int] = []
        try:
            while (found := self._next())[0] is Frame.LINES:
                if sum(sizes) + len(found[1]) > MAX_BYTES:
                    raise _too_large()
                sizes.append(lines.write(found[1]))
        except BaseException:
            lines.close()
            raise
        end = json.loads(found[1])
        return SqlResult(
            columns, int(end["rows"]), bool(end["is_cut"]), self._read, lines, tuple(sizes)
        )

    def _next(self) -> tuple[Frame, bytes]:
        found = receive(self._output, MAX_FRAME_BYTES)
        if found is None:
            raise self._lost()
        if found[0] is Frame.FAULT:
            raise _refusal(json.loads(found[1]), self._limit_s)
        return found

    def _lost(self) -> AutomacaoError:
        if self._is_over:
            return _timeout(self._limit_s)
        return SqlProcessLost(
            "The SQL needed more than its process may take, and was ended. Read less of the "
            "datasets, or write it in simpler steps."
        )


def _timeout(limit_s: float) -> QueryTimeout:
    return QueryTimeout(
        f"The SQL took longer than {limit_s:.0f} seconds and was stopped. Read fewer rows, or "
        "look for a join without a condition."
    )


def _too_large() -> SqlResultTooLarge:
    return SqlResultTooLarge(
        f"The result has more than {MAX_BYTES >> 20} MB. Choose fewer columns or rows."
    )


def _refusal(fault: Mapping[str, object], limit_s: float) -> AutomacaoError:
    match fault["code"]:
        case QueryTimeout.code:
            return _timeout(limit_s)
        case QueryTooLarge.code:
            return QueryTooLarge(
                f"The SQL needs more than {MEMORY} of memory and {SPILL_LIMIT} of disk. Narrow it "
                "by WHERE, or group by fewer columns."
            )
        case SqlResultTooLarge.code:
            return _too_large()
    line, column = fault["line"], fault["column"]
    return _REFUSALS[str(fault["code"])](
        str(fault["message"]),
        line=line if isinstance(line, int) else None,
        column=column if isinstance(column, int) else None,
    )
