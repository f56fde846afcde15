"""CSV of the Oracle connector against Python's reader, and the words of connection errors."""

import csv
import datetime as dt
import io
from collections.abc import Sequence

import oracledb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import (
    Column,
    ColumnType,
    ConnectionSpec,
    SourceError,
    SourceLoginFailed,
    SourceUnreachable,
)
from connectors.oracle_rows import BatchEncoder, OracleColumn
from connectors.postgres_errors import connect_error
from connectors.postgres_line import LineLost
from dialects.delimited import Cell, LineEncoder, header_line
from dialects.dialect import Dialect

TEXT = OracleColumn(Column("T", ColumnType.TEXT, "VARCHAR2(9)"), oracledb.DB_TYPE_VARCHAR, 9)
FORM = Dialect()

field = st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)
sharp = st.none() | st.text(st.sampled_from(';"\r\n\\. a'), max_size=4)
rows = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.tuples(*[field | sharp] * width), min_size=1, max_size=6)
)


def line_of(row: Sequence[str | None]) -> bytes:
    """One row by itself."""
    return LineEncoder(FORM, [Cell.TEXT] * len(row)).encode([[value] for value in row])


@given(rows)
def test_batch_is_written_as_row_by_row(batch: list[tuple[str | None, ...]]) -> None:
    encoder = BatchEncoder([TEXT] * len(batch[0]), FORM)
    assert encoder.encode(batch) == b"".join(map(line_of, batch))


@given(rows)
def test_batch_is_read_back_by_any_csv_reader(batch: list[tuple[str | None, ...]]) -> None:
    written = BatchEncoder([TEXT] * len(batch[0]), FORM).encode(batch).decode()
    read = list(csv.reader(io.StringIO(written, newline=""), delimiter=";", strict=True))
    # A single NULL is an empty line, which this reader skips over as a row without fields
    assert [row or [""] for row in read] == [[value or "" for value in row] for row in batch]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([None, ""], ';""\n'),
        ([None], "\n"),
        (["\\."], '"\\."\n'),
        (["\\.", "a"], "\\.;a\n"),
        (['a"b', "c;d"], '"a""b";"c;d"\n'),
        (["a\rb", "a\nb", " a ", "ç"], '"a\rb";"a\nb"; a ;ç\n'),
    ],
)
def test_null_empty_text_and_special_signs_are_told_apart(
    values: list[str | None], line: str
) -> None:
    assert line_of(values).decode() == line


def test_header_is_a_line_like_any_other() -> None:
    assert header_line(["a;b", "ação", ""], FORM).decode() == '"a;b";ação;""\n'


SPEC = ConnectionSpec(
    kind="postgres",
    name="loja",
    username="ana",
    password="segredo",
    host="db",
    port=5432,
    database="vendas",
)
SERVER = 'connection to server at "10.0.0.1", port 5432 failed: '


@pytest.mark.parametrize(
    ("words", "error", "transient"),
    [
        ('FATAL:  password authentication failed for user "ana"', SourceLoginFailed, False),
        ('FATAL:  autenticação do tipo senha falhou para usuário "ana"', SourceLoginFailed, False),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', SourceLoginFailed, False),
        ("fe_sendauth: no password supplied", SourceLoginFailed, False),
        ('FATAL:  database "vendas" does not exist', SourceUnreachable, False),
        ('FATAL:  banco de dados "vendas" não existe', SourceUnreachable, False),
        ("FATAL:  sorry, too many clients already", SourceUnreachable, True),
        ("FATAL:  the database system is starting up", SourceUnreachable, True),
        ("server does not support SSL, but SSL was required", SourceUnreachable, False),
        ("Connection refused", SourceUnreachable, True),
        ("timeout expired", SourceUnreachable, True),
    ],
)
def test_words_of_a_failed_connection_become_the_right_kind(
    words: str, error: type[SourceError], transient: bool
) -> None:
    found = connect_error(SPEC, LineLost(SERVER + words))
    assert type(found) is error
    assert found.transient is transient
    assert "PostgreSQL at db:5432" in found.message
    assert found.message.endswith(found.hint)
    assert "segredo" not in found.message


DOUBLE = OracleColumn(
    Column("F", ColumnType.FLOAT, "BINARY_DOUBLE"), oracledb.DB_TYPE_BINARY_DOUBLE, 8
)
doubles = st.lists(st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.5, 1e16]), min_size=1)


@given(doubles, st.sampled_from([1, 3]))
def test_doubles_of_a_column_are_written_as_each_alone(
    values: list[float | None], repeats: int
) -> None:
    encoder = BatchEncoder([DOUBLE], FORM)
    alone = b"".join(encoder.encode([(value,)]) for value in values * repeats)
    assert encoder.encode([(value,) for value in values * repeats]) == alone


MOMENT = OracleColumn(Column("D", ColumnType.TIMESTAMP, "DATE"), oracledb.DB_TYPE_DATE, 7)


@pytest.mark.parametrize(
    ("null_text", "lines"),
    [
        ("", b"31/01/2024 10:11:12;a\n;b\n"),
        ("NULO", b"31/01/2024 10:11:12;a\nNULO;b\n"),
        ("31/01/2024 10:11:12", b'"31/01/2024 10:11:12";a\n31/01/2024 10:11:12;b\n'),
    ],
)
def test_a_date_is_told_from_a_null_text_that_reads_like_it(null_text: str, lines: bytes) -> None:
    encoder = BatchEncoder([MOMENT, TEXT], Dialect(null_text=null_text))
    day = dt.datetime(2024, 1, 31, 10, 11, 12)
    assert encoder.encode([(day, "a"), (None, "b")]) == lines
