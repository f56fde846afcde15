"""Moments as text in a dialect, as PostgreSQL writes them in the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from dialects.dialect import DateFormat, Dialect

Text = Callable[[object], str]

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
