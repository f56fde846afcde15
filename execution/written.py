"""How much of a result is written: what a run shows as its progress."""

from __future__ import annotations

from dataclasses import dataclass, field

from datafiles.formats.writers import FormatWriter
from datafiles.version_writer import VersionWriter
from execution.context import Counter


@dataclass
class Progress:
    """What the writers have taken so far, one after the other."""

    counters: list[Counter] = field(default_factory=list)

    @property
    def rows_written(self) -> int:
        return max((counter.rows_written for counter in self.counters), default=0)

    @property
    def bytes_written(self) -> int:
        return max((counter.bytes_written for counter in self.counters), default=0)


@dataclass(frozen=True, slots=True)
class FileCounter:
    """One file, counted by who makes its rows and who writes its bytes."""

    writer: FormatWriter
    file: VersionWriter

    @property
    def rows_written(self) -> int:
        return self.writer.rows_written

    @property
    def bytes_written(self) -> int:
        return self.file.bytes_written
