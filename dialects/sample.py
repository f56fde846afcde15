"""A few rows of every type in a dialect, so that a person sees what the file will be like."""

from __future__ import annotations

import datetime as dt
import io
from typing import Final

from dialects.delimited import Cell, LineEncoder, Texts
from dialects.dialect import Dialect
from dialects.moments import day_writer, moment_writer, zoned_moment_writer
from dialects.text_output import TextOutput

_NAMES: Final = ("codigo", "cliente", "valor", "emissao", "criado_em", "enviado_em", "observacao")
_CELLS: Final = (Cell.TEXT, Cell.TEXT, Cell.NUMBER, *[Cell.PLAIN] * 3, Cell.TEXT)
_CODES: Final = ("00123", "00124", "00125")
_CLIENTS: Final = ("José Conceição", 'Padaria "Pão & Cia"; filial 2', "Müller, Zoë")
_AMOUNTS: Final = ("1234.56", "-0.5", None)
_DAYS: Final = (dt.date(2024, 1, 31), dt.date(2024, 12, 1), None)
_MOMENTS: Final = (
    dt.datetime.fromisoformat("2024-01-31 08:05:09"),
    dt.datetime.fromisoformat("2024-12-01 23:59:59.250"),
    None,
)
_NOTES: Final = ("", "duas\nlinhas", "=1+1")


def sample_text(dialect: Dialect) -> str:
    """Header and three rows; what the encoding lacks is replaced, as the dialect says or not."""
    lines = LineEncoder(dialect, _CELLS)
    columns: list[Texts] = [
        _CODES,
        _CLIENTS,
        [_marked(amount, dialect) for amount in _AMOUNTS],
        [None if day is None else day_writer(dialect)(day) for day in _DAYS],
        [None if moment is None else moment_writer(dialect)(moment) for moment in _MOMENTS],
        [None if moment is None else zoned_moment_writer(dialect)(moment) for moment in _MOMENTS],
        _NOTES,
    ]
    written = io.BytesIO()
    output = TextOutput(written, dialect)
    if dialect.header:
        output.write(lines.header(_NAMES))
    output.write(lines.encode(columns))
    return written.getvalue().decode(output.codec).removeprefix("\ufeff")


def _marked(number: str | None, dialect: Dialect) -> str | None:
    return None if number is None else number.replace(".", dialect.decimal_mark)
