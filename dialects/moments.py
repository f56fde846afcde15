"""Moments as text in a dialect, as PostgreSQL writes them in the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, cast
from zoneinfo import ZoneInfo

from dialects.dialect import DateFormat, Dialect

Text = Callable[[object], str]
Column = Callable[[Sequence[object]], list[str | None]]

# Behind a moment before the year 1, in every style.
BEFORE_CHRIST: Final = " BC"
_OFFSET: Final = re.compile(r"(?<=[0-9])[+-][0-9]{2}(?::[0-9]{2}){0,2}(?= BC$|$)")
MOST_DAYS = 10_000
MINUTES = [[f"{hour:02}:{minute:02}" for minute in range(60)] for hour in range(24)]
SECONDS = [f":{second:02}" for second in range(60)]

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


class _Days(dict[int, str]):
    """What the days of a column look like, by their ordinal, each made once."""

    def __init__(self, order: Callable[[str], str]) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, ordinal: int) -> str:
        if len(self) >= MOST_DAYS:
            self.clear()
        day = dt.date.fromordinal(ordinal).isoformat()
        self[ordinal] = text = self._order(day) + " "
        return text


def moments_writer(dialect: Dialect) -> Column:
    """What `moment_writer` does, for a whole column at a third of the price, repeated values for
    less: days, minutes and seconds are looked up."""
    days = _Days(DAY_ORDERS[dialect.date_format])
    minutes, seconds = MINUTES, SECONDS

    def to_minutes(values: Iterable[dt.datetime]) -> list[str]:
        return [days[v.toordinal()] + minutes[v.hour][v.minute] for v in values]

    def to_seconds(values: Iterable[dt.datetime]) -> list[str]:
        return [days[v.toordinal()] + minutes[v.hour][v.minute] + seconds[v.second] for v in values]

    def to_fractions(values: Iterable[dt.datetime]) -> list[str]:
        return [
            days[v.toordinal()]
            + minutes[v.hour][v.minute]
            + seconds[v.second]
            + (f".{micros:06}".rstrip("0") if (micros := v.microsecond) else "")
            for v in values
        ]

    texts_of = {"minutes": to_minutes, "seconds": to_seconds, "fraction": to_fractions}[
        dialect.time_format
    ]

    def write(values: Sequence[object]) -> list[str | None]:
        distinct = cast("set[dt.datetime | None]", set(values)) - {None}
        if len(distinct) * 2 > len(values):
            moments = cast("list[dt.datetime]", [v for v in values if v is not None])
            texts = iter(texts_of(moments))
            return [None if value is None else next(texts) for value in values]
        listed = cast("list[dt.datetime]", list(distinct))
        known: dict[object, str] = dict(zip(listed, texts_of(listed), strict=True))
        return [known.get(value) for value in values]

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


def without_offset(moment: str) -> str:
    """The wall clock of a moment that is written with its zone."""
    return _OFFSET.sub("", moment) if ":" in moment else moment


def _offset(local: dt.datetime) -> str:
    """-03, +05:45 or -03:06:28, as PostgreSQL writes it."""
    offset = local.utcoffset() or dt.timedelta(0)
    seconds = abs(int(offset.total_seconds()))
    parts = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return ("-" if offset < dt.timedelta(0) else "+") + ":".join(f"{part:02}" for part in parts)
