"""A folder of CSV files in which the rows of a transfer rest on their way.

A file is complete when it has its name: `schema.table.run-12.csv` while run 12 is on its way, and
`schema.table.csv` once its table is committed. A repetition of the run loads what is complete and
does not ask the source again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from auxiliares import AutomacaoError
from transfer.names import TableName
from transfer.pipe import BLOCK, Produce


class CsvFolderFailed(AutomacaoError):
    """A file of the folder cannot be written or read."""

    code = "csv_folder_failed"
    error_class = "transient"


@dataclass(frozen=True, slots=True)
class CsvFiles:
    """The files of one run."""

    folder: Path
    run_id: int

    def through(self, table: TableName, rows: Produce) -> Produce:
        """The rows by way of the table's file, which is written now unless it is complete."""
        path = self._path(table, f".run-{self.run_id}")
        if not path.exists():
            self._write(path, rows)

        def produce(pipe: IO[bytes]) -> int:
            with path.open("rb") as file:
                shutil.copyfileobj(file, pipe, BLOCK)
            return 0

        return produce

    def finish(self, table: TableName) -> None:
        """The table is committed: its file takes the place of that of the run before."""
        path = self._path(table, f".run-{self.run_id}")
        self._do(lambda: path.replace(self._path(table, "")))

    def _write(self, path: Path, rows: Produce) -> None:
        part = path.with_name(f".{path.name}.part")

        def write() -> None:
            self.folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb", buffering=BLOCK) as file:
                rows(file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)

        try:
            self._do(write)
        finally:
            part.unlink(missing_ok=True)

    def _path(self, table: TableName, mark: str) -> Path:
        name = f"{table.schema}.{table.name}".replace("/", "_").replace("\\", "_")
        return self.folder / f"{name}{mark}.csv"

    def _do(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as exc:
            raise CsvFolderFailed(
                f"The folder {self.folder} of the transfer's files cannot be used: "
                f"{exc.strerror}. Look at its rights and at the room on the disk."
            ) from exc
