"""An entity set that a request reads: its rows from the file where that does, else by companion."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from datafiles.companions import Companion, Companions, DataFile
from datafiles.found_rows import FoundRows, found_batches
from datafiles.odata.metadata import EntitySet
from datafiles.records import Batch
from datafiles.version_rows import version_batches
from webapi.dataset_rows import DEEP_ROWS, WAIT_FOR_COMPANION_S
from webapi.dataset_sources import Source


@dataclass(frozen=True, slots=True)
class OpenedSet:
    """An entity set with the version that is read."""

    described: EntitySet
    source: Source
    file: DataFile
    companions: Companions

    @property
    def rows(self) -> int:
        """How many there are; of a file that nobody published they are counted first."""
        return self.source.rows if self.source.rows is not None else self.companion().rows

    def companion(self) -> Companion:
        """Made first when it is missing. Raises DatasetBeingPrepared when that takes long."""
        return self.companions.get(self.file, wait_s=WAIT_FOR_COMPANION_S)

    def batches(self, numbers: Sequence[int]) -> Generator[Batch, None, None]:
        """The records of these rows, in this order."""
        if isinstance(numbers, range) and self.source.columns is not None:
            companion = self._companion_for(numbers.start)
            if companion is None:
                return version_batches(
                    self.source.files,
                    self.source.columns,
                    self.source.form,
                    offset=numbers.start,
                    limit=len(numbers),
                )
        else:
            companion = self.companion()
        found = FoundRows()
        found.add(numbers)
        return found_batches(companion, found)

    def _companion_for(self, begin: int) -> Companion | None:
        """Only rows far inside the file are worth one, and nobody waits for it."""
        if begin < DEEP_ROWS:
            return None
        found = self.companions.find(self.file)
        if found is None:
            self.companions.begin(self.file)
        return found
