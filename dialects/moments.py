"""Moments as text in a dialect, as PostgreSQL writes them in the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from dialects.dialect import DateFormat, Dialect

Text = Callable[[object], str]
Column = Callable[[Sequence[object]], list[str | None]]

MOST_DAYS = 10_000
WHOLE_SECONDS = len("2024-01-31 10:11:12")

DAY_ORDERS: Mapping[DateFormat, Callable[[str], str]] = {
    "dmy": lambda iso: f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}",
    "mdy": lambda iso: f"{iso[5:7]}/{iso[8:10]}/{iso[:4]}",
    "iso": lambda iso: iso[:10],
    "dmy_dots": lambda iso: f"{iso[8:10]}.{iso[5:7]}.{iso[:4]}",
}


def moment_writer(dialect: Dialect) -> Text:
    """From a datetime without zone to text such as 31/01/2024 10:11:12.5."""
    order = DAY_ORDERS[dialect.date_format]
    end = 16 if dialect.time_format == "minutes" else None
    keeps_fraction = dialect.time_format == "fraction"

    def write(value: object) -> str:
        assert isinstance(value, dt.datetime)
        if not keeps_fraction and value.microsecond:
            value = value.replace(microsecond=0)
        text = value.isoformat(" ")
        if value.microsecond:
            text = text.rstrip("0")
        return order(text) + text[10:end]

    return write


class _Days(dict[str, str]):
    """What the days of a column look like, each made once."""

    def __init__(self, order: Callable[[str], str]) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, iso: str) -> str:
        if len(self) >= MOST_DAYS:
            self.clear()
        self[iso] = day = self._order(iso)
        return day


def moments_writer(dialect: Dialect) -> Column:
    """What `moment_writer` does, for a whole column at half the price, repeated values for less."""
    days = _Days(DAY_ORDERS[dialect.date_format])
    end = {"seconds": 19, "minutes": 16}.get(dialect.time_format)

    def texts_of(values: Iterable[object]) -> list[str | None]:
        if end is not None:
            return [
                None if value is None else days[(iso := str(value))[:10]] + iso[10:end]
                for value in values
            ]
        return [
            None
            if value is None
            else days[(iso := str(value))[:10]]
            + (iso[10:] if len(iso) == WHOLE_SECONDS else iso[10:].rstrip("0"))
            for value in values
        ]

    def write(values: Sequence[object]) -> list[str | None]:
        distinct = set(values)
        if len(distinct) * 2 > len(values):
            return texts_of(values)
        texts = dict(zip(distinct, texts_of(distinct), strict=True))
        return [texts[value] for value in values]

    return write


def day_writer(dialect: Dialect) -> Text:
    """From a date to text such as 31/01/2024."""
    order = DAY_ORDERS[dialect.date_format]

    def write(value: object) -> str:
        assert isinstance(value, dt.date)
        return order(value.isoformat())

    return write


def zoned_moment_writer(dialect: Dialect) -> Text:
    """From a datetime in UTC, without zone, to the wall clock of the dialect's zone."""
    zone = ZoneInfo(dialect.time_zone)
    write = moment_writer(dialect)

    def text(value: object) -> str:
        assert isinstance(value, dt.datetime)
        local = value.replace(tzinfo=dt.UTC).astimezone(zone)
        written = write(local.replace(tzinfo=None))
        return written + _offset(local) if dialect.zone_offset else written

    return text


def _offset(local: dt.datetime) -> str:
    """-03, +05:45 or -03:06:28, as PostgreSQL writes it."""
    offset = local.utcoffset() or dt.timedelta(0)
    seconds = abs(int(offset.total_seconds()))
    parts = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return ("-" if offset < dt.timedelta(0) else "+") + ":".join(f"{part:02}" for part in parts)
