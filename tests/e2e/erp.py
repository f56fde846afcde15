"""An Oracle of any number of rows whose every value is known, and what files of it must hold."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.oracle_standin.tns_standin import Encoded, Scripted, columns, encoder

COLUMNS = (
    "ID NUMBER(10), VALOR NUMBER(12,2), GRANDE NUMBER(38), NOME VARCHAR2(40), EM DATE,"
    " QUANDO TIMESTAMP(6), CODIGO CHAR(5), PESO BINARY_DOUBLE"
)
QUERY = "select * from vendas"
# Prime, so that no batch repeats another.
KINDS_OF_ROW = 997
NAMES = ("São João nº {}", 'dito "{}"', "duas\nlinhas {}", "a;b;{}", "  {}", "={}")

Row = tuple[object, ...]


def tail(kind: int) -> Row:
    """Every value of a row but its number; each third or so is NULL somewhere."""
    day = dt.datetime(1999, 12, 31, 23, 59, 59) + dt.timedelta(hours=31 * kind)
    return (
        None if kind % 11 == 0 else Decimal(37 * kind - 9000) / 100,
        None if kind % 13 == 0 else 12345678901234567890123456789012345678 - kind,
        None if kind % 7 == 0 else NAMES[kind % len(NAMES)].format(kind),
        None if kind % 5 == 0 else day,
        None if kind % 3 == 0 else day.replace(microsecond=kind * 1001),
        f"{kind:05}",
        None if kind % 17 == 0 else kind / 8,
    )


TAILS = [tail(kind) for kind in range(KINDS_OF_ROW)]


def sold(rows: int) -> Iterator[bytes]:
    """The rows as they go over the wire: only their numbers are made anew."""
    number, *others = [encoder(column) for column in columns(COLUMNS)]
    ends = [b"".join(e(v) for e, v in zip(others, row, strict=True)) for row in TAILS]
    return (Encoded(number(n) + end) for n, end in zip(range(rows), itertools.cycle(ends)))


def script_sales(script: Scripted, rows: int) -> None:
    script.on("from vendas", COLUMNS, lambda _: sold(rows))


def _csv_end(row: Row) -> str:
    def cell(value: object) -> str:
        match value:
            case None:
                return ""
            case Decimal():
                return format(value.normalize(), "f")
            case dt.datetime():
                text = value.strftime("%d/%m/%Y %H:%M:%S")
                micros = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
                return text + micros
            case float():
                return repr(value).removesuffix(".0")
        text = str(value)
        is_special = any(sign in text for sign in ';"\n')
        return '"' + text.replace('"', '""') + '"' if is_special else text

    return "".join(";" + cell(value) for value in row) + "\n"


def assert_csv(path: Path, rows: int) -> None:
    """The file is the scripted rows, value by value and in their order."""
    ends = [_csv_end(row) for row in TAILS]
    with path.open(encoding="utf-8", newline="") as file:
        assert file.readline() == "ID;VALOR;GRANDE;NOME;EM;QUANDO;CODIGO;PESO\n"
        lines = map("{}{}".format, range(rows), itertools.cycle(ends))
        while expected := "".join(itertools.islice(lines, 1000)):
            assert file.read(len(expected)) == expected
        assert file.read(1) == ""


def assert_parquet(path: Path, rows: int) -> None:
    """The same of a Parquet file, whose types keep every value."""
    numbers, *others = pq.read_table(path).columns
    assert numbers.equals(pa.chunked_array([pa.array(range(rows))]))
    kinds = pa.array(n % KINDS_OF_ROW for n in range(rows))
    for found, values in zip(others, zip(*TAILS, strict=True), strict=True):
        assert found.equals(pa.chunked_array([pa.array(values, found.type).take(kinds)]))
    types = [str(found.type) for found in others]
    assert types == [
        "decimal128(12, 2)",
        "decimal128(38, 0)",
        "string",
        "timestamp[us]",
        "timestamp[us]",
        "string",
        "double",
    ]
