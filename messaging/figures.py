"""Numbers, moments and durations as people of each language write them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_UNITS = ("B", "kB", "MB", "GB", "TB")


def number(value: int, language: str) -> str:
    text = f"{value:,}"
    return text.replace(",", ".") if language == "pt-BR" else text


def size(value: int, language: str) -> str:
    """In the largest unit that leaves a number of at least one; thousands are 1,000."""
    amount, unit = float(value), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    text = str(value) if unit == 0 else f"{amount:.1f}"
    return f"{text.replace('.', ',') if language == 'pt-BR' else text} {_UNITS[unit]}"


def duration(seconds: float, language: str) -> str:
    if seconds < 10:
        text = f"{max(seconds, 0):.1f}"
        return f"{text.replace('.', ',') if language == 'pt-BR' else text} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def moment(value: datetime, zone: ZoneInfo, language: str) -> str:
    """With the zone, so that nobody guesses: 26/11/2026 08:00:05 (America/Sao_Paulo, -03:00)."""
    local = value.astimezone(zone)
    day = f"{local:%d/%m/%Y}" if language == "pt-BR" else f"{local:%Y-%m-%d}"
    offset = f"{local:%z}"
    return f"{day} {local:%H:%M:%S} ({zone.key}, {offset[:3]}:{offset[3:5]})"
