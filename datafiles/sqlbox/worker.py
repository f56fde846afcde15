"""The process that runs one reader's SQL: it opens what it is given, shuts every door, and ends.

Started as `python -m datafiles.sqlbox.worker`; talks in frames over its standard streams.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final

import duckdb
import pyarrow as pa

from datafiles.sqlbox.frames import Frame, send, send_document
from datafiles.sqlbox.gate import MAX_COLUMNS, Refusal, columns_of, nodes_of, tables_of
from datafiles.sqlbox.results import column_of, exact_expression, line_of

FETCH_ROWS: Final = 2000
IDLE_S: Final = 600.0  # a process nobody gave SQL to ends by itself
THREADS: Final = 2
# Bounds what the engine takes outside its own limit; mapped memory counts, used or not.
ADDRESS_SPACE_BYTES: Final = 2 << 30
_PLACE: Final = re.compile(r"\n+LINE (\d+): ([^\n]*)\n( *)\^")
_KIND: Final = re.compile(r"^[A-Z][A-Za-z ]+ Error: ")
_STOPPED: Final = "interrupted"


def main(source: BinaryIO, output: BinaryIO) -> None:
    """Wait for one request and serve it."""
    _limit_resources()
    line = _first_line(source)
    if line:
        serve(json.loads(line), source, output)


def serve(request: Mapping[str, Any], source: BinaryIO, output: BinaryIO) -> None:
    """Answer a request; where its datasets lie comes as a second line, once they are named."""
    try:
        with _faults(request):
            database = duckdb.connect(config=_config(request))
            with _bounded(database, float(request["limit_s"])):
                _answer(database, request, source, output)
    except Refusal as exc:
        place = _line_and_column(request["sql"], exc.offset)
        fault = {"code": exc.code, "message": exc.message, "line": place[0], "column": place[1]}
        send_document(output, Frame.FAULT, fault)


def _first_line(source: BinaryIO) -> bytes:
    idle = threading.Timer(IDLE_S, os._exit, (0,))
    idle.daemon = True
    idle.start()
    line = source.readline()
    idle.cancel()
    return line


def _limit_resources() -> None:
    """What the system itself holds this process to, where it can."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))


def _config(request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "memory_limit": request["memory"],
        "threads": THREADS,
        "temp_directory": request["spill"],
        "max_temp_directory_size": request["spill_limit"],
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "python_enable_replacements": False,
    }


def _answer(
    database: duckdb.DuckDBPyConnection,
    request: Mapping[str, Any],
    source: BinaryIO,
    output: BinaryIO,
) -> None:
    nodes = nodes_of(database, request["sql"])
    wanted = tables_of(nodes, request["known"])
    send_document(output, Frame.TABLES, {"tables": wanted, "columns": columns_of(nodes)})
    given = source.readline()
    if not given:
        return  # the server has changed its mind
    for number, table in enumerate(json.loads(given)["tables"]):
        _open(database, number, table)
    database.execute("SET TimeZone = 'UTC'")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    _run(database, request, output)


def _open(database: duckdb.DuckDBPyConnection, number: int, table: Mapping[str, Any]) -> None:
    path = table["path"].replace("'", "''")
    database.execute(f"ATTACH '{path}' AS d{number} (READ_ONLY)")
    columns = ", ".join(f"{key} AS {_quoted(name)}" for name, key in table["columns"])
    database.execute(
        f"CREATE VIEW {_quoted(table['name'])} AS SELECT {columns} FROM d{number}.keys"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _run(database: duckdb.DuckDBPyConnection, request: Mapping[str, Any], output: BinaryIO) -> None:
    limit = int(request["rows"])
    found = _relation(database, request["sql"])
    names, types = found.columns, found.types
    if len(names) > MAX_COLUMNS:
        raise Refusal("sql_invalid", f"The result has more than {MAX_COLUMNS} columns.")
    columns = [column_of(name, type_).members() for name, type_ in zip(names, types, strict=True)]
    send_document(output, Frame.COLUMNS, {"columns": columns})
    texts = ", ".join(exact_expression(n, type_) for n, type_ in enumerate(types, start=1))
    # One more than may be sent tells that there are more.
    rows = found.project(texts).limit(limit + 1)
    sent = _send_rows(rows, limit, int(request["bytes"]), output)
    send_document(output, Frame.END, {"rows": min(sent, limit), "is_cut": sent > limit})


def _relation(database: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    try:
        return database.sql(sql)
    except duckdb.BinderException:
        database.execute(sql)  # fails alike, and tells where
        raise


def _send_rows(rows: duckdb.DuckDBPyRelation, limit: int, max_bytes: int, output: BinaryIO) -> int:
    sent = 0
    for batch in rows.to_arrow_reader(FETCH_ROWS):
        kept = batch.slice(0, max(0, limit - sent))
        sent += batch.num_rows
        max_bytes -= batch.get_total_buffer_size()
        if max_bytes < 0:
            raise Refusal("sql_result_too_large", "too large")
        columns = [column.to_pylist() for column in kept.columns]
        lines = map(line_of, zip(*columns, strict=True))
        send(output, Frame.LINES, "".join(lines).encode("utf-8", "replace"))
    return sent


@contextmanager
def _bounded(database: duckdb.DuckDBPyConnection, limit_s: float) -> Iterator[None]:
    timer = threading.Timer(limit_s, database.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _faults(request: Mapping[str, Any]) -> Iterator[None]:
    """Faults of the engine as refusals that name no folder of the server."""
    try:
        yield
    except duckdb.InterruptException as exc:
        raise Refusal("data_query_timeout", _STOPPED) from exc
    except (duckdb.OutOfMemoryException, MemoryError, duckdb.IOException, pa.ArrowException) as exc:
        raise Refusal("data_query_too_large", "too large") from exc
    except duckdb.Error as exc:
        text = str(exc).replace(request["spill"], "…")
        raise _explained(text, request["sql"]) from exc


def _explained(text: str, sql: str) -> Refusal:
    place = _PLACE.search(text)
    message = _KIND.sub("", text[: place.start()] if place else text).strip()
    return Refusal("sql_invalid", message[:2000], _offset_of(place, sql) if place else None)


def _offset_of(place: re.Match[str], sql: str) -> int | None:
    """Where the sign under the printed line points to, in bytes of the text."""
    lines = sql.encode().split(b"\n")
    number, shown = int(place[1]), place[2]
    prefix = len(f"LINE {number}: ")
    column = len(place[3]) - prefix
    if number > len(lines) or column < 0:
        return None
    if shown.startswith("..."):
        return None  # a long line is printed in part
    before = sum(len(line) + 1 for line in lines[: number - 1])
    return before + len(shown[:column].encode())


def _line_and_column(sql: str, offset: int | None) -> tuple[int | None, int | None]:
    """Both from 1; the engine counts bytes."""
    if offset is None:
        return None, None
    before = sql.encode()[:offset].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
