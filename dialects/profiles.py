"""The named dialects, and the dialect a job's stored choice stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from auxiliares import FieldError
from dialects.dialect import Dialect, DialectInvalid

LEGACY: Final = "legacy"
CUSTOM: Final = "custom"
_PROFILE: Final = "profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """A dialect with a name and, in one line, for whom it is."""

    name: str
    about: str
    dialect: Dialect


PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(LEGACY, "The file of the existing system: ; and DD/MM/YYYY, UTF-8.", Dialect()),
        Profile(
            "excel_br",
            "Opens in a Brazilian Excel by a double click: ; and decimal comma, with BOM.",
            Dialect(
                decimal_mark=",",
                time_format="seconds",
                encoding="utf-8-bom",
                line_end="crlf",
                formula_guard=True,
            ),
        ),
        Profile(
            "excel_us",
            "Opens in an American Excel by a double click: , and MM/DD/YYYY, with BOM.",
            Dialect(
                delimiter=",",
                date_format="mdy",
                time_format="seconds",
                encoding="utf-8-bom",
                line_end="crlf",
                formula_guard=True,
            ),
        ),
        Profile(
            "script",
            "For programs: , and ISO dates with offsets, UTF-8, every digit (RFC 4180).",
            Dialect(delimiter=",", date_format="iso", zone_offset=True, line_end="crlf"),
        ),
        Profile(CUSTOM, "Each member as chosen; what is not chosen is as in legacy.", Dialect()),
    )
}


def dialect_of(stored: Mapping[str, object] | None, *, time_zone: str) -> Dialect:
    """The dialect that {"profile": ..., members...} stands for; None is legacy.

    Raises DialectInvalid.
    """
    members = dict(stored or {})
    name = members.pop(_PROFILE, LEGACY)
    profile = PROFILES.get(name) if isinstance(name, str) else None
    if profile is None:
        message = f"There is no dialect called {str(name)[:40]!r}; use {', '.join(PROFILES)}."
        raise DialectInvalid(
            message,
            errors=[FieldError(field="dialect.profile", code=DialectInvalid.code, message=message)],
        )
    return replace(profile.dialect.changed(members), time_zone=time_zone)
