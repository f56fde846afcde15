"""Rules for the options of what is kept as a kind with options: targets, channels. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from auxiliares import AutomacaoError, FieldError

MAX_TEXT = 500
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")

Rule = Callable[[object], object]


class OptionRules:
    """Checks that raise one kind of error, with the field that is at fault."""

    def __init__(self, error: type[AutomacaoError]) -> None:
        self._error = error

    def refusal(self, field: str, rule: str) -> AutomacaoError:
        message = f"{field} {rule}."
        return self._error(
            message, errors=[FieldError(field=field, code=self._error.code, message=message)]
        )

    def option(
        self, name: str, check: Callable[[Any], bool], rule: str, default: object = None
    ) -> Rule:
        """What the option is in the end, its default where it is empty."""

        def checked(value: object) -> object:
            if value is None or value == "":
                value = default
            if not check(value):
                raise self.refusal(f"options.{name}", rule)
            return value

        return checked

    def checked(self, options: Mapping[str, object], rules: Mapping[str, Rule]) -> dict[str, Any]:
        """Every option of these rules; one of another name is refused."""
        unknown = [name for name in options if name not in rules]
        if unknown:
            known = ", ".join(rules) or "none"
            raise self.refusal(
                f"options.{unknown[0][:40]}", f"is not known; the options are {known}"
            )
        return {name: rule(options.get(name)) for name, rule in rules.items()}


def is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65_535


def matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def web_address(text: str) -> SplitResult | None:
    """The parts of a whole http or https address without a user in it; None for anything else."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and parts.username is None
    return parts if is_whole and is_web else None
