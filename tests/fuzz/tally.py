"""What was sent and what came back: counts per actor and status, and every fault."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SHOWN_FAULTS = 50


@dataclass
class Tally:
    """Counts of one run; `faults` are sentences, each told when it is found first."""

    seed: int
    began: float = field(default_factory=time.monotonic)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    routes: set[str] = field(default_factory=set)
    faults: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())

    tell: Callable[[str], None] = lambda _text: None

    def blame(self, fault: str) -> None:
        fault = re.sub(r"[0-9a-f]{16,}", "<number>", fault)
        if fault not in self.faults:
            self.tell(f"FAULT {fault}")
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def as_text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        seconds = time.monotonic() - self.began
        yield f"seed {self.seed}: {self.requests:,} requests in {seconds:,.0f} s"
        yield f"operations of the document: {len(self.routes)}"
        yield "kinds: " + ", ".join(f"{name} {n:,}" for name, n in sorted(self.kinds.items()))
        for actor in sorted({actor for actor, _ in self.statuses}):
            found = sorted((s, n) for (who, s), n in self.statuses.items() if who == actor)
            yield f"{actor}: " + ", ".join(f"{status} {n:,}" for status, n in found)
        yield from self.notes
        yield f"faults: {sum(self.faults.values())}, different ones: {len(self.faults)}"
        for fault, times in list(self.faults.items())[:SHOWN_FAULTS]:
            yield f"  {times} x {fault}"
