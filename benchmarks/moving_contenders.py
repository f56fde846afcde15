"""The ways to copy or synchronise a table; each is run as a process of its own.

`python benchmarks/moving_contenders.py NAME` reads the address from the environment (PGHOST,
PGPORT, PGUSER, PGPASSWORD; databases BENCH_SOURCE and BENCH_TARGET), and prints the seconds its
work took. The table is called `orders` on both sides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SOURCE, TARGET = os.environ.get("BENCH_SOURCE", ""), os.environ.get("BENCH_TARGET", "")
TABLE = "orders"
begun_at = 0.0


def begin() -> None:
    """Called when everything is imported: what a running daemon has behind it."""
    global begun_at  # noqa: PLW0603 - one moment of one process
    begun_at = time.monotonic()


def spec(database: str) -> Any:
    from connectors.base import ConnectionSpec

    return ConnectionSpec(
        kind="postgres",
        name=database,
        username=os.environ["PGUSER"],
        password=os.environ["PGPASSWORD"],
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        database=database,
    )


def ours_transfer(*, verify: str, parts: int = 1) -> None:
    """A run's path without its ledger: snapshot, stage or truncate, COPY, counts, commit."""
    from threading import Semaphore

    from connectors.limits import Limits
    from transfer.checking import Check, compare, source_sum
    from transfer.definition import TransferTable
    from transfer.meter import Meter
    from transfer.names import TableName
    from transfer.parts import PartsCopier, divided
    from transfer.sessions import Sessions
    from transfer.source import Source
    from transfer.writing import Figures, Writer

    begin()
    name = TableName("public", TABLE)
    sessions = Sessions("bench", Limits(None))
    wanted = TransferTable(source=TABLE, target=TABLE)
    with (
        sessions.watched(),
        Source.opened(sessions, spec(SOURCE), "") as source,
        source.reading(wanted) as found,
        sessions.opened(spec(TARGET), read_only=False) as connection,
    ):
        writer = Writer(connection, spec(TARGET), name, "replace", True, 1)
        writer.prepare(found.reading)
        pieces = divided(found, 0, parts)
        if pieces:
            copied = PartsCopier(found, writer, Semaphore(parts)).fill(pieces, Meter())
        else:
            rows = found.rows(found.reading, writer.table)
            copied = writer.fill(found.reading, rows, Meter())
        expected = None
        if verify == "checksums" and found.connection is not None:
            expected = source_sum(found.connection, found.reading, writer.table)
        check = Check(verify, name, writer.way, found.reading.names, expected)  # type: ignore[arg-type]
        compare(connection, copied, check)
        writer.commit(Figures(copied.rows), lambda _xid, _figures: None)


def ours_sync(**more: Any) -> None:
    """A run's path without its ledger: snapshot, stage, MERGE with deletes, commit."""
    from connectors.limits import Limits
    from transfer.definition import SyncTable
    from transfer.meter import Meter
    from transfer.sessions import Sessions
    from transfer.source import Source
    from transfer.stager import Stager, existing_target
    from transfer.staging import Stage
    from transfer.writing import Figures, commit

    begin()
    sessions = Sessions("bench", Limits(None))
    wanted = SyncTable(source=TABLE, target=TABLE, key=["id"], **more)
    with (
        sessions.watched(),
        Source.opened(sessions, spec(SOURCE), "") as source,
        source.reading(wanted) as found,
        sessions.opened(spec(TARGET), read_only=False) as connection,
    ):
        target = existing_target(connection, spec(TARGET), wanted)
        stage = Stage(connection, wanted, target, found.reading)
        Stager(found, stage).stage_rows(Meter())
        stage.check_keys()
        stage.apply()
        commit(connection, Figures(), lambda _xid, _figures: None)


def row_by_row() -> None:
    """The script many have: read a row, look for it, insert or update it, commit."""
    import psycopg2
    from psycopg2.extras import RealDictCursor

    begin()
    with psycopg2.connect(dbname=SOURCE) as source, psycopg2.connect(dbname=TARGET) as target:
        rows, write = source.cursor(cursor_factory=RealDictCursor), target.cursor()
        rows.execute(f"SELECT * FROM {TABLE}")
        for row in rows:
            names = [name for name in row if name != "id"]
            write.execute(f"SELECT 1 FROM {TABLE} WHERE id = %(id)s", row)
            if write.fetchone():
                sets = ", ".join(f"{name} = %({name})s" for name in names)
                write.execute(f"UPDATE {TABLE} SET {sets} WHERE id = %(id)s", row)
            else:
                values = ", ".join(f"%({name})s" for name in row)
                write.execute(f"INSERT INTO {TABLE} ({', '.join(row)}) VALUES ({values})", row)
            target.commit()


def pandas_way() -> None:
    """read_sql and to_sql in chunks."""
    import pandas as pd  # type: ignore[import-untyped]
    import sqlalchemy

    begin()
    source, target = (
        sqlalchemy.create_engine(f"postgresql+psycopg2:///{name}") for name in (SOURCE, TARGET)
    )
    with source.connect() as read, target.begin() as write:
        frame = pd.read_sql(sqlalchemy.text(f"SELECT * FROM {TABLE}"), read)
        frame.to_sql(TABLE, write, if_exists="append", index=False, chunksize=10_000)


def _uri(database: str) -> str:
    user, password = os.environ["PGUSER"], os.environ["PGPASSWORD"]
    host, port = os.environ["PGHOST"], os.environ["PGPORT"]
    return f"postgresql://{user}:{password}@localhost/{database}?host={host}&port={port}"


def dlt_way(*, disposition: str) -> None:
    """dlt's sql_table by Arrow."""
    import dlt  # type: ignore[import-not-found]
    from dlt.sources.sql_database import sql_table  # type: ignore[import-not-found]

    begin()
    source = _uri(SOURCE).replace("postgresql:", "postgresql+psycopg2:")
    table = sql_table(source, table=TABLE, backend="pyarrow", chunk_size=50_000)
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.postgres(_uri(TARGET)),
        dataset_name="dlt",
        pipelines_dir=os.environ["BENCH_FOLDER"],
    )
    pipeline.run(table, write_disposition=disposition, primary_key="id")


def sling_way(*, mode: str) -> None:
    """sling run."""
    # A host before the question mark would count more than the folder of the socket behind it.
    source, target = (_uri(name).replace("@localhost", "@") for name in (SOURCE, TARGET))
    environment = os.environ | {
        "SRC": f"{source}&sslmode=disable",
        "DST": f"{target}&sslmode=disable",
        "SLING_DISABLE_TELEMETRY": "true",
    }
    begin()
    command = [os.environ["BENCH_SLING"], "run", "--src-conn", "SRC", "--tgt-conn", "DST"]
    command += ["--src-stream", f"public.{TABLE}", "--tgt-object", f"public.{TABLE}"]
    command += ["--mode", mode, *(["--primary-key", "id"] if mode == "incremental" else [])]
    subprocess.run(command, env=environment, check=True, capture_output=True)


CONTENDERS: Mapping[str, Callable[[], None]] = {
    "ours": partial(ours_transfer, verify="counts"),
    "ours_checksums": partial(ours_transfer, verify="checksums"),
    "ours_2_parts": partial(ours_transfer, verify="counts", parts=2),
    "ours_4_parts": partial(ours_transfer, verify="counts", parts=4),
    "pandas": pandas_way,
    "sling": partial(sling_way, mode="truncate"),
    "dlt": partial(dlt_way, disposition="replace"),
    "ours_sync": partial(ours_sync, gone="delete"),
    "ours_cursor": partial(ours_sync, cursor_column="atualizado_em", overlap_s=0),
    "row_by_row": row_by_row,
    "sling_sync": partial(sling_way, mode="incremental"),
    "dlt_sync": partial(dlt_way, disposition="merge"),
}


def main(name: str) -> None:
    CONTENDERS[name]()
    sys.stdout.write(json.dumps({"work_s": time.monotonic() - begun_at}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
