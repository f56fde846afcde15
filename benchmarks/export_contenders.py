"""The ways to get a query into a CSV file; each is run as a process of its own.

`python benchmarks/export_contenders.py NAME` reads the address from the environment
(PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD), the query from BENCH_QUERY, writes BENCH_OUT and
prints the seconds its work took. It fails when it did not write BENCH_ROWS rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

QUERY = os.environ.get("BENCH_QUERY", "")
OUT = Path(os.environ.get("BENCH_OUT", ""))
KIND = os.environ.get("BENCH_KIND", "postgres")
begun_at = 0.0


def begin() -> None:
    """Called when everything is imported: what a running daemon has behind it."""
    global begun_at  # noqa: PLW0603 - one moment of one process
    begun_at = time.monotonic()


def old_way() -> int:
    """What the existing system does: fetchmany(5000) and Python's csv writer."""
    import psycopg2

    begin()
    rows = 0
    with psycopg2.connect("") as session, session.cursor() as cursor:
        cursor.execute(QUERY)
        with OUT.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow([column.name for column in cursor.description or ()])
            while batch := cursor.fetchmany(5000):
                writer.writerows(batch)
                rows += len(batch)
    return rows


def _oracle_cursor() -> Any:
    """A cursor of the driver alone, as fast as it gets: 5,000 rows a round trip."""
    import oracledb

    begin()
    place = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"
    login = {"user": os.environ["PGUSER"], "password": os.environ["PGPASSWORD"]}
    cursor = oracledb.connect(dsn=place, **login).cursor()
    cursor.arraysize = cursor.prefetchrows = 5000
    cursor.execute(QUERY)
    return cursor


def oracle_bare() -> int:
    """The loop of the driver, its rows thrown away."""
    cursor, rows = _oracle_cursor(), 0
    while batch := cursor.fetchmany(5000):
        rows += len(batch)
    return rows


def oracle_old_way() -> int:
    """The same loop into Python's csv writer: dates as Python writes them, NUMBER as floats."""
    cursor, rows = _oracle_cursor(), 0
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([column.name for column in cursor.description])
        while batch := cursor.fetchmany(5000):
            writer.writerows(batch)
            rows += len(batch)
    return rows


def pandas_way() -> int:
    """The script many have: the whole answer in a data frame, then to_csv."""
    import pandas as pd  # type: ignore[import-untyped]
    import sqlalchemy

    begin()
    engine = sqlalchemy.create_engine("postgresql+psycopg2://")
    with engine.connect() as connection:
        frame = pd.read_sql(sqlalchemy.text(QUERY), connection)
    frame.to_csv(OUT, index=False, sep=";")
    return len(frame)


def _uri() -> str:
    host, port = os.environ["PGHOST"], os.environ["PGPORT"]
    login = f"{os.environ['PGUSER']}:{os.environ['PGPASSWORD']}"
    return f"postgresql://{login}@/{os.environ['PGDATABASE']}?host={host}&port={port}"


def dlt_way(file_format: str) -> int:
    """dlt's sql_table by Arrow into a folder of files."""
    import dlt  # type: ignore[import-not-found]
    from dlt.sources.sql_database import sql_table  # type: ignore[import-not-found]

    begin()
    table = sql_table(
        _uri().replace("postgresql:", "postgresql+psycopg2:"),
        table=QUERY.rpartition(" ")[2],
        backend="pyarrow",
        chunk_size=50_000,
    )
    folder = OUT.with_name("peers") / OUT.stem
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.filesystem(bucket_url=folder.as_uri()),
        dataset_name="bench",
        pipelines_dir=str(folder / "state"),
    )
    pipeline.run(table, loader_file_format=file_format)
    counts = pipeline.last_trace.last_normalize_info.row_counts
    return max(counts.values())


def sling_way() -> int:
    """sling run: its own query, a file of CSV."""
    environment = os.environ | {
        "SOURCE": f"{_uri()}&sslmode=disable",
        "SLING_DISABLE_TELEMETRY": "true",
    }
    begin()
    command = [os.environ["BENCH_SLING"], "run", "--src-conn", "SOURCE", "--src-stream", QUERY]
    command += ["--tgt-object", OUT.as_uri()]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    written = re.findall(r"(\d+) rows", done.stderr + done.stdout)
    return int(written[-1]) if written else 0


def openpyxl_way() -> int:
    """The workbook as scripts write it, in openpyxl's own mode for many rows."""
    import openpyxl
    import psycopg2

    begin()
    rows = 0
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    with psycopg2.connect("") as session, session.cursor("rows") as cursor:
        cursor.itersize = 5000
        cursor.execute(QUERY)
        for row in cursor:
            # openpyxl takes no times with a zone
            sheet.append([v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v for v in row])
            rows += 1
    book.save(OUT)
    return rows


# What a run does between login and publication: format, compression, dialect.
OURS: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "ours": ("csv", "none", {}),
    "ours_iso": ("csv", "none", {"date_format": "iso"}),
    "ours_excel_br": ("csv", "none", {"profile": "excel_br"}),
    "ours_windows_1252": (
        "csv", "none", {"profile": "excel_br", "encoding": "windows-1252"},
    ),
    "ours_script": ("csv", "none", {"profile": "script"}),
    "ours_gzip": ("csv", "gzip", {}),
    "ours_zstd": ("csv", "zstd", {}),
    "ours_zip": ("csv", "zip", {}),
    "ours_ndjson": ("ndjson", "none", {}),
    "ours_parquet": ("parquet", "none", {}),
    "ours_tsv": ("tsv", "none", {}),
    "ours_json": ("json", "none", {}),
    "ours_xlsx": ("xlsx", "none", {}),
}  # fmt: skip
ZONE = os.environ.get("PGTZ", "America/Sao_Paulo")


def _export(
    file_format: str, compression: str, dialect: Mapping[str, object], column: str | None = None
) -> int:
    """`column`: two connections share the rows by it."""
    from datafiles.background import BackgroundWriter
    from datafiles.formats.form import FileForm
    from datafiles.formats.writers import open_writer
    from datafiles.version_writer import VersionWriter
    from dialects.profiles import dialect_of
    from execution.reading import Reading
    from vocabulary import FileFormat

    form = FileForm.of(file_format, compression, dialect_of(dialect, time_zone=ZONE))
    opened_source = _source()
    # What a daemon has loaded.
    if form.is_delimited and form.dialect.decimal_mark == ",":
        import dialects.decimal_commas  # noqa: F401
    if form.file_format is FileFormat.PARQUET:
        import datafiles.formats.parquet

        if KIND == "oracle":
            import connectors.oracle_tables
        else:
            import connectors.postgres_stream  # noqa: F401
            import datafiles.formats.binary_blocks  # noqa: F401
    begin()
    with opened_source() as source, VersionWriter(OUT) as file:
        reading = Reading.of(source, QUERY, form, divided_by=column)
        opened = open_writer(file, form, reading.columns, name=OUT.name, native=reading.native)
        with BackgroundWriter(opened) as writer:
            rows = reading.read(source, writer)
            writer.finish()
        file.commit()
    return rows


def _source() -> Callable[[], Any]:
    """Everything is imported to open a session as a run does."""
    from connectors.base import ConnectionSpec, SessionTags
    from connectors.registry import connector_for

    spec = ConnectionSpec(
        kind=KIND,
        name="bench",
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        database=os.environ["PGDATABASE"],
        username=os.environ["PGUSER"],
        password=os.environ["PGPASSWORD"],
    )
    tags = SessionTags("bench", 1)
    connector = connector_for(KIND)
    return partial(connector.open, spec, tags=tags, time_limit_s=7200, time_zone=ZONE)


def _merge(kind: str) -> int:
    """A file of all rows, then a run that brings all of them again.

    `chave` finds each in the file; `acumulado` those of the newer half of its days.
    """
    from contextlib import closing

    from datafiles.dated_rows import DatedRows
    from datafiles.formats.form import FileForm
    from datafiles.formats.writers import open_writer
    from datafiles.merging import RowsBefore, write_accumulated
    from datafiles.new_rows import NewRows
    from datafiles.row_days import DayReader
    from datafiles.upserting import KeyedRows, write_upserted
    from datafiles.version_writer import VersionWriter
    from dialects.delimited import header_line
    from dialects.profiles import dialect_of
    from execution.reading import manifest_columns

    form = FileForm(dialect=dialect_of({}, time_zone=ZONE))
    before = OUT.with_name(f"{OUT.name}.before")
    opened_source = _source()
    begin()
    with VersionWriter(before) as file, opened_source() as source:
        columns = manifest_columns(source.describe(QUERY))
        source.export_csv(QUERY, file, form.dialect)
        file.commit()
    old = RowsBefore((before,), tuple(columns), form)
    days = DayReader(columns, "data_pedido", form.dialect)
    start = dt.date(2019, 1, 1) + dt.timedelta(1250)
    dated = DatedRows(days, start, None)
    query = QUERY if kind == "chave" else f"{QUERY} where data_pedido >= '{start}'"
    with (
        KeyedRows(columns, ["id"], OUT, form.dialect) as keys,
        NewRows(OUT, form.dialect, keys.examine if kind == "chave" else dated.examine) as new,
        VersionWriter(OUT) as file,
        closing(open_writer(file, form, columns, name=OUT.name)) as writer,
    ):
        with opened_source() as source:
            source.export_csv(query, new, form.dialect)
        new.finish()
        writer.write(header_line([column.name for column in columns], form.dialect))
        if kind == "chave":
            rows = write_upserted(writer, old, keys, new, form.dialect)
        else:
            rows = write_accumulated(writer, old, days, start, new)
        writer.finish()
        file.commit()
    before.unlink()
    return rows


WAYS: Mapping[str, Callable[[], int]] = {
    "old_way": old_way,
    "pandas": pandas_way,
    "dlt_csv": partial(dlt_way, "csv"),
    "dlt_parquet": partial(dlt_way, "parquet"),
    "sling": sling_way,
    "openpyxl": openpyxl_way,
    "oracle_bare": oracle_bare,
    "oracle_old_way": oracle_old_way,
    "oracle_ours": partial(_export, *OURS["ours"]),
    "oracle_parquet": partial(_export, *OURS["ours_parquet"]),
    **{name: partial(_export, *form) for name, form in OURS.items()},
    "ours_divided": partial(_export, *OURS["ours"], column="id"),
    "ours_computed": partial(_export, *OURS["ours"]),
    "ours_computed_divided": partial(_export, *OURS["ours"], column="id"),
    "ours_parquet_divided": partial(_export, *OURS["ours_parquet"], column="id"),
    "ours_acumulado": partial(_merge, "acumulado"),
    "ours_chave": partial(_merge, "chave"),
}

if __name__ == "__main__":
    counted = WAYS[sys.argv[1]]()
    expected = int(os.environ["BENCH_ROWS"])
    if counted != expected:
        sys.exit(f"{counted} rows instead of {expected}")
    sys.stdout.write(json.dumps({"work_s": time.monotonic() - begun_at}) + "\n")
