"""Rows of Oracle as Arrow tables: the same file as by text, value by value."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import (
    SourceCancelled,
    SourceFailed,
    SourceSession,
    SourceTimeout,
    SourceUnreachable,
    TableSession,
)
from datafiles.background import BackgroundWriter
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from dialects.profiles import dialect_of
from execution.reading import Reading
from tests.oracle_standin.tns_standin import Fault, Raw, Scripted, Server
from tests.sources import Source, oracle_source
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

FORM = FileForm.of("parquet", "none", dialect_of(None, time_zone="America/Sao_Paulo"))
EXACT = (
    "I NUMBER(18), D NUMBER(12,2), G NUMBER(38), S NUMBER(20,20), F BINARY_DOUBLE,"
    " V VARCHAR2(40), C CHAR(3), DT DATE, TS TIMESTAMP(6), T9 TIMESTAMP(9), R RAW(8)"
)


@pytest.fixture
def script() -> Scripted:
    return Scripted()


@pytest.fixture
def oracle(script: Scripted) -> Iterator[tuple[Source, Server]]:
    with oracle_source("19c", script) as found:
        yield found


class OnlyLines:
    """A session that hands over no tables."""

    def __init__(self, session: object) -> None:
        self._session = session

    def __getattr__(self, name: str) -> object:
        if name in {"table_schema", "export_tables"}:
            raise AttributeError(name)
        return getattr(self._session, name)


def parquet_of(source: Source, *, by_lines: bool = False) -> pa.Table:
    """The file of table `t`, as a run writes it."""
    written = io.BytesIO()
    with source.open(time_zone="America/Sao_Paulo") as session:
        reader = cast("SourceSession", OnlyLines(session)) if by_lines else session
        reading = Reading.of(reader, "select * from t", FORM)
        opened = open_writer(written, FORM, reading.columns, name="t", native=reading.native)
        with BackgroundWriter(opened) as writer:
            rows = reading.read(reader, writer)
            writer.finish()
    table = pq.read_table(io.BytesIO(written.getvalue()))
    assert table.num_rows == rows
    return table


def offered(source: Source) -> pa.Schema | None:
    with source.open() as session:
        assert isinstance(session, TableSession)
        return session.table_schema("select * from t", FORM.source_dialect)


def numbers(digits: int, scale: int = 0) -> st.SearchStrategy[Decimal | None]:
    most = 10**digits - 1
    return st.none() | st.integers(-most, most).map(lambda n: Decimal(f"{n}E-{scale}"))


def moments(*, has_fraction: bool) -> st.SearchStrategy[dt.datetime | None]:
    found = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))
    return st.none() | (found if has_fraction else found.map(lambda d: d.replace(microsecond=0)))


def nanoseconds(moment: dt.datetime, nanos: int) -> Raw:
    century, year = divmod(moment.year, 100)
    clock = (moment.hour + 1, moment.minute + 1, moment.second + 1)
    day = (century + 100, year + 100, moment.month, moment.day)
    return Raw(bytes((*day, *clock)) + nanos.to_bytes(4, "big"))


TEXTS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
ROW = st.tuples(
    numbers(18),
    numbers(12, 2),
    numbers(38),
    numbers(20, 20),
    st.none() | st.floats(),
    TEXTS,
    st.none() | st.text(st.sampled_from('aé;,"\n'), min_size=1, max_size=3),
    moments(has_fraction=False),
    moments(has_fraction=True),
    st.none()
    | st.builds(nanoseconds, st.datetimes(dt.datetime(1, 1, 1)), st.integers(0, 999_999_999)),
    st.none() | st.binary(min_size=1, max_size=8),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROW, max_size=8))
def test_tables_and_lines_make_the_same_file(
    oracle: tuple[Source, Server], script: Scripted, rows: list[tuple[object, ...]]
) -> None:
    script.scripts.clear()
    script.on("from t", EXACT, rows)
    by_tables, by_lines = parquet_of(oracle[0]), parquet_of(oracle[0], by_lines=True)
    assert by_tables.schema.equals(by_lines.schema, check_metadata=True)
    for found, expected in zip(by_tables.columns, by_lines.columns, strict=True):
        assert _comparable(found) == _comparable(expected)


def _comparable(column: pa.ChunkedArray) -> Sequence[object]:
    """NaN is equal to nothing, a zero with a sign to one without."""
    values: list[object] = column.to_pylist()
    return [repr(value) if isinstance(value, float) else value for value in values]


def test_exact_columns_are_offered_as_tables(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    script.on("from t", EXACT, [])
    schema = offered(oracle[0])
    assert schema is not None
    assert [str(kind) for kind in schema.types] == [
        "int64", "decimal128(12, 2)", "decimal128(38, 0)", "decimal128(20, 20)", "double", "string",
        "string", "timestamp[us]", "timestamp[us]", "timestamp[us]", "binary",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "column",
    [
        "N NUMBER", "N NUMBER(5,-2)", "N NUMBER(2,5)", "N NUMBER(126,-127)", "N BINARY_FLOAT",
        "N NVARCHAR2(9)", "N TIMESTAMP(6) WITH TIME ZONE", "N TIMESTAMP(6) WITH LOCAL TIME ZONE",
        "N INTERVAL DAY TO SECOND", "N INTERVAL YEAR TO MONTH", "N CLOB", "N BLOB", "N LONG",
    ],
)  # fmt: skip
def test_one_column_that_only_text_keeps_makes_lines_of_all(
    oracle: tuple[Source, Server], script: Scripted, column: str
) -> None:
    script.on("from t", "I NUMBER(9), " + column, [])
    assert offered(oracle[0]) is None
    assert parquet_of(oracle[0]).num_rows == 0


def test_job_that_has_broken_texts_replaced_gets_lines(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    script.on("from t", EXACT, [])
    with oracle[0].open() as session:
        assert isinstance(session, TableSession)
        form = FORM.source_dialect.changed({"unencodable": "replace"})
        assert session.table_schema("select * from t", form) is None


def test_many_tables_make_one_file_in_order(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    script.on(
        "from t", "I NUMBER(9), V VARCHAR2(40)", lambda _: ((n, f"{n}") for n in range(12_345))
    )
    table = parquet_of(oracle[0])
    assert table.column("I").to_pylist() == list(range(12_345))


def test_text_broken_in_the_database_is_told_with_row_and_column(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    rows: list[tuple[object, ...]] = [(n, "São", "ab") for n in range(5200)]
    rows[5101] = (0, Raw(b"S\xe3o"), "ab")
    rows[5100] = (0, "São", Raw(b"caf\xe9"))
    script.on("from t", "I NUMBER(9), V VARCHAR2(40), C CHAR(4)", rows)
    with pytest.raises(SourceFailed, match=r"Row 5101, column C: .* byte E9") as failed:
        parquet_of(oracle[0])
    assert failed.value.transient is False


def test_date_python_cannot_hold_is_told_with_row_and_column(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    rows: list[tuple[object, ...]] = [(n, dt.datetime(2024, 1, 1)) for n in range(5200)]
    rows[5100] = (0, Raw(bytes([53, 88, 1, 1, 1, 1, 1])))
    script.on("from t", "I NUMBER(9), D DATE", rows)
    with pytest.raises(SourceFailed, match="row 5101, column D"):
        parquet_of(oracle[0])


@pytest.mark.parametrize("how", ["rst", "half"])
def test_line_lost_between_tables_is_worth_another_try(
    oracle: tuple[Source, Server], script: Scripted, how: str
) -> None:
    script.on(
        "from t",
        "I NUMBER(9)",
        lambda _: ((n,) for n in range(30_000)),
        fault=Fault(how, rows=12_000),
    )
    with pytest.raises(SourceUnreachable) as lost:
        parquet_of(oracle[0])
    assert lost.value.transient is True


def endless(script: Scripted) -> None:
    script.on("from t", "I NUMBER(9)", lambda _: ((n,) for n in itertools.count()))


def test_cancel_between_tables_stops_the_query_in_the_database(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    source, server = oracle
    endless(script)
    with source.open() as session:
        assert isinstance(session, TableSession)

        class Sink:
            def write_table(self, _: pa.Table) -> None:
                session.cancel()

        with pytest.raises(SourceCancelled):
            session.export_tables("select * from t", Sink(), FORM.source_dialect)
        wait_for(
            lambda: any(event.detail == 1013 for event in server.events),
            what="the server to stop the query",
        )


def test_server_that_hangs_between_tables_is_stopped_by_the_time_limit(
    oracle: tuple[Source, Server], script: Scripted
) -> None:
    rows = lambda _: ((n,) for n in range(30_000))  # noqa: E731 - a script of one line
    script.on("from t", "I NUMBER(9)", rows, fault=Fault("stall", rows=12_000))
    with pytest.raises(SourceTimeout), oracle[0].open(time_limit_s=0.5) as session:
        assert isinstance(session, TableSession)
        session.export_tables("select * from t", Nowhere(), FORM.source_dialect)


class Nowhere:
    def write_table(self, table: pa.Table) -> None:
        """Forget it."""


def test_chosen_columns_are_those_of_the_file(
    oracle: tuple[Source, Server], script: Scripted, tmp_path: Path
) -> None:
    script.on("from t", "I NUMBER(9), V VARCHAR2(9)", [(1, "a"), (2, Raw(b"\xff"))])
    form = FORM.dialect.changed({"columns": [{"name": "i", "as": "codigo"}]})
    with oracle[0].open() as session:
        assert isinstance(session, TableSession)
        schema = session.table_schema("select * from t", form)
        assert schema is not None
        assert schema.names == ["I"]
        tables: list[pa.Table] = []

        class Sink:
            def write_table(self, table: pa.Table) -> None:
                tables.append(table)

        assert session.export_tables("select * from t", Sink(), form) == 2
    # It should not look at the broken text of a column that is left out
    assert pa.concat_tables(tables).to_pydict() == {"I": [1, 2]}


def test_an_export_of_tables_does_not_load_pandas(
    oracle: tuple[Source, Server], script: Scripted, tmp_path: Path
) -> None:
    """pyarrow does so at many a call where it is installed, as here: 40 MiB for nothing."""
    script.on("from t", "I NUMBER(9), V VARCHAR2(9)", [(1, "a"), (2, None)])
    spec = oracle[0].spec
    export = {
        "BENCH_KIND": "oracle",
        "BENCH_QUERY": "select * from t",
        "BENCH_ROWS": "2",
        "BENCH_OUT": str(tmp_path / "t.parquet"),
        "PGHOST": spec.host,
        "PGPORT": str(spec.port),
        "PGDATABASE": spec.database,
        "PGUSER": spec.username,
        "PGPASSWORD": spec.password,
    }
    program = [str(ROOT / "benchmarks" / "export_contenders.py"), "oracle_parquet"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *program],
        env=os.environ | export,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "connectors.oracle_tables" in loaded
    assert "pandas" not in loaded
