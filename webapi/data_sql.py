"""SQL of a reader over the datasets it may see, answered in the form it asks for."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, BinaryIO, Final, Literal, cast

import orjson
from flask import Response, current_app
from pydantic import Field

from datafiles.companions import Companion
from datafiles.formats.form import MEDIA_TYPES, FileForm
from datafiles.formats.respelled import Respelled
from datafiles.formats.writers import open_writer
from datafiles.json_values import encoder_of, unique_names
from datafiles.records import DatasetUnreadable, RecordReader
from datafiles.sqlbox.box import MAX_ROWS, SqlResult
from datafiles.sqlbox.gate import MAX_SQL_CHARACTERS
from dialects.profiles import PROFILES
from dialects.text_output import Sink
from services.column_reads import EVERY_COLUMN, NO_COLUMNS
from vocabulary import DataAction, FileFormat
from webapi.access import Rule, access, reader
from webapi.dataset_rows import WAIT_FOR_COMPANION_S
from webapi.dataset_sources import Source
from webapi.read_log import noted
from webapi.readable_datasets import readable_names, readable_source
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import state_of

DEFAULT_ROWS: Final = 10_000
IN_MEMORY_BYTES: Final = 1 << 20
BLOCK_BYTES: Final = 1 << 18
ARRAYS: Final = "arrays"

bp = resource("data_sql", __name__, tag="data")


class SqlIn(Model):
    """One SELECT. Each dataset is a table by its name, in double quotes: `"vendas/diario"`."""

    sql: Annotated[str, Field(min_length=1, max_length=MAX_SQL_CHARACTERS)]
    format: Annotated[
        Literal["json", "arrays", "ndjson", "csv", "parquet", "xlsx"],
        Field(description="json: one object a row; arrays: columns and rows apart."),
    ] = "json"
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS, description="At most so many rows.")] = (
        DEFAULT_ROWS
    )
    profile: Annotated[
        Literal["legacy", "excel_br", "excel_us", "script"],
        Field(description="The dialect of a CSV."),
    ] = "script"


SQL_ANSWER: Final = {
    "description": "The rows in the form that `format` asks for",
    "content": {
        "application/json": {"schema": {"oneOf": [{"type": "array"}, {"type": "object"}]}},
        **{
            MEDIA_TYPES[kind]: {"schema": {"type": "string"}}
            for kind in (FileFormat.NDJSON, FileFormat.CSV, FileFormat.PARQUET, FileFormat.XLSX)
        },
    },
}


@bp.post("/api/data/sql", responses={200: SQL_ANSWER})
@access(Rule.DATA_READER, DataAction.SQL)
def query_datasets(body: SqlIn) -> Response:
    """Run one SELECT over the datasets the caller may read; nothing can be changed by it.

    The answer is an array of objects, or with `format` arrays an object of columns, rows and
    is_cut, else a file. `X-Row-Count` counts its rows; `X-Truncated` is true when there are more.
    """
    state, read = state_of(current_app), dict[str, Source]()

    def open_table(name: str) -> Companion:
        companion, read[name] = _companion(name)
        return companion

    result = state.sqlbox.run(body.sql, readable_names(), open_table, body.limit)
    with closing(result):
        response = _arrays(result) if body.format == ARRAYS else _file(result, body)
    response.headers["X-Row-Count"] = str(result.rows)
    response.headers["X-Truncated"] = "true" if result.is_cut else "false"
    for name in sorted(read):
        columns = _columns_read(read[name], result.read)
        noted(state.read_log, response, name, reader(), columns)
    return response


def _companion(name: str) -> tuple[Companion, Source]:
    companions, source = state_of(current_app).companions, readable_source(name)
    try:
        return companions.get(source.data_file(), wait_s=WAIT_FOR_COMPANION_S), source
    except DatasetUnreadable:
        # Its version may have been swept, because a newer one is there.
        source = readable_source(name)
        return companions.get(source.data_file(), wait_s=WAIT_FOR_COMPANION_S), source


def _columns_read(source: Source, names: frozenset[str] | None) -> frozenset[str]:
    """Of the names in the SQL those of this dataset's columns."""
    if source.columns is None:
        return NO_COLUMNS
    if names is None:
        return EVERY_COLUMN
    known = {name.casefold() for name in names}
    shown = unique_names([column.name for column in source.columns])
    return frozenset(
        column.name
        for column, name in zip(source.columns, shown, strict=True)
        if name.casefold() in known
    )


def _arrays(result: SqlResult) -> Response:
    encoders = [encoder_of(column.type) for column in result.columns]
    rows: list[bytes] = []
    for block in result.blocks():
        for batch in RecordReader(io.BytesIO(block), ",", is_ours=True).batches():
            texts = zip(*batch.records, strict=True)
            columns = [e(t, batch.has_quotes) for e, t in zip(encoders, texts, strict=True)]
            rows.append(orjson.dumps(list(zip(*columns, strict=True)))[1:-1])
    names = unique_names([column.name for column in result.columns])
    listed = [{"name": n, "type": c.type} for n, c in zip(names, result.columns, strict=True)]
    body: dict[str, Any] = {
        "columns": listed,
        "rows": orjson.Fragment(b"[" + b",".join(row for row in rows if row) + b"]"),
        "is_cut": result.is_cut,
    }
    return Response(orjson.dumps(body), content_type="application/json")


def _file(result: SqlResult, body: SqlIn) -> Response:
    """Written whole before the first byte is sent, so that no fault ends in half a file."""
    file_format = FileFormat(body.format)
    output = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))  # noqa: SIM115
    try:
        _write(result, file_format, body.profile, output)
        size = output.tell()
        output.seek(0)
    except BaseException:
        output.close()
        raise
    response = Response(_chunks(output), content_type=MEDIA_TYPES[file_format])
    response.call_on_close(output.close)
    response.content_length = size
    if file_format is not FileFormat.JSON:
        response.headers["Content-Disposition"] = f'attachment; filename="sql.{file_format}"'
    return response


def _write(result: SqlResult, file_format: FileFormat, profile: str, output: Sink) -> None:
    if file_format is FileFormat.CSV:
        lines = Respelled(output, PROFILES[profile].dialect, result.columns)
        for block in result.blocks():
            lines.write(block)
        return
    writer = open_writer(output, FileForm(file_format), result.columns, name=f"sql.{file_format}")
    try:
        for block in result.blocks():
            writer.write(block)
        writer.finish()
    finally:
        writer.close()


def _chunks(output: BinaryIO) -> Iterator[bytes]:
    with closing(output):
        while data := output.read(BLOCK_BYTES):
            yield data
