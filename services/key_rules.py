"""What the scope of a new API key may say. Pure."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from auxiliares import AutomacaoError, FieldError
from services.reading_rights import EVERYTHING, MAX_PATTERN_CHARACTERS, MAX_PATTERNS
from vocabulary import DataAction

DEFAULT_ACTIONS: Final = (DataAction.READ.value, DataAction.STATUS.value)
MAX_NETWORKS: Final = 50
MAX_RATE: Final = 100_000


class ApiKeyRefused(AutomacaoError):
    """A new key without a name, with an end in the past, or with a scope that means nothing."""

    code = "api_key_invalid"
    status = 422


@dataclass(frozen=True, slots=True)
class Scope:
    """What a key opens, from where, and how often. No networks: from everywhere."""

    patterns: tuple[str, ...] = (EVERYTHING,)
    actions: tuple[str, ...] = DEFAULT_ACTIONS
    networks: tuple[str, ...] = ()
    rate_per_minute: int | None = None

    def checked(self) -> Self:
        """The scope as it is stored. Raises ApiKeyRefused."""
        rate = self.rate_per_minute
        if rate is not None and not 1 <= rate <= MAX_RATE:
            raise refused("rate_per_minute", "out_of_range", f"It is from 1 to {MAX_RATE}.")
        return replace(
            self,
            patterns=_patterns(self.patterns),
            actions=_actions(self.actions),
            networks=_networks(self.networks),
        )


def refused(field: str, code: str, message: str) -> ApiKeyRefused:
    return ApiKeyRefused(message, errors=[FieldError(field=field, code=code, message=message)])


def _patterns(given: Sequence[str]) -> tuple[str, ...]:
    patterns = tuple(dict.fromkeys(unicodedata.normalize("NFC", text.strip()) for text in given))
    if not 1 <= len(patterns) <= MAX_PATTERNS:
        raise refused("datasets", "required", f"Name 1 to {MAX_PATTERNS} datasets or patterns.")
    for pattern in patterns:
        parts = pattern.split("/")
        is_odd = not all(parts) or any(EVERYTHING in part and part != EVERYTHING for part in parts)
        if is_odd or len(pattern) > MAX_PATTERN_CHARACTERS or not pattern.isprintable():
            raise refused(
                "datasets",
                "pattern_invalid",
                f"{pattern[:60]!r} is no pattern: write a dataset's name, such as vendas/diario, "
                "vendas/* for one folder, vendas/** for all below it, or ** for everything.",
            )
    return patterns


def _actions(given: Sequence[str]) -> tuple[str, ...]:
    actions = tuple(dict.fromkeys(given))
    if not actions or not set(actions) <= set(DataAction):
        raise refused("actions", "unknown", f"Choose one or more of: {', '.join(DataAction)}.")
    return actions


def _networks(given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > MAX_NETWORKS:
        raise refused("networks", "too_many", f"Name at most {MAX_NETWORKS} networks.")
    return tuple(dict.fromkeys(_network(text.strip()) for text in given))


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as exc:
        raise refused(
            "networks",
            "network_invalid",
            f"{text[:60]!r} is no address or network; write 10.1.2.3 or 10.1.0.0/16.",
        ) from exc
