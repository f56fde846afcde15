"""What a reader of data may do: actions, and datasets by patterns of their names.

`Reader.may_read` is the one check of scope: every route that tells of a dataset asks it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from auxiliares import AutomacaoError
from vocabulary import DataAction, ReaderKind

EVERYTHING: Final = "**"
ALL_ACTIONS: Final = frozenset(DataAction)
MAX_PATTERNS: Final = 50
MAX_PATTERN_CHARACTERS: Final = 200


class KeyActionRefused(AutomacaoError):
    """The key is valid and may not do this."""

    code: ClassVar[str] = "key_action_refused"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads data in this request. Users may read everything, keys what their scope says."""

    kind: ReaderKind
    name: str
    patterns: tuple[str, ...] = (EVERYTHING,)
    actions: frozenset[DataAction] = ALL_ACTIONS

    def require(self, action: DataAction) -> None:
        """Raises KeyActionRefused when the key's scope lacks the action."""
        if action not in self.actions:
            allowed = ", ".join(sorted(self.actions)) or "nothing"
            raise KeyActionRefused(
                f"The key {self.name!r} may not do this ({action}); it is for: {allowed}. "
                "Whoever made the key can make one with this action."
            )

    def may_read(self, dataset: str) -> bool:
        """Whether a dataset lies in the scope; one that does not must look like one that is not."""
        return EVERYTHING in self.patterns or any(
            matches(pattern, dataset) for pattern in self.patterns
        )

    def readable(self, datasets: Iterable[str]) -> list[str]:
        """Those names that lie in the scope."""
        return [name for name in datasets if self.may_read(name)]


def matches(pattern: str, dataset: str) -> bool:
    """Whether a dataset's name is meant, without regard to upper and lower case.

    `*` and `?` stand for characters of one part of the name, `**` for any number of parts; at the
    end for at least one: `vendas/**` is all that lies below `vendas`.
    """
    return _matches(_parts(pattern.casefold()), tuple(dataset.casefold().split("/")))


def _matches(pattern: tuple[re.Pattern[str] | None, ...], name: Sequence[str]) -> bool:
    """Part by part: `ends` are the numbers of parts that the pattern so far can stand for."""
    ends = {0}
    for place, part in enumerate(pattern):
        if part is None:
            is_last = place == len(pattern) - 1
            ends = set(range(min(ends) + is_last, len(name) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(name) and part.match(name[end])}
        if not ends:
            return False
    return len(name) in ends


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """None stands for `**`. The translation of the library never backtracks over a star."""
    return tuple(
        None if part == EVERYTHING else re.compile(fnmatch.translate(part.replace("[", "[[]")))
        for part in pattern.split("/")
    )
