"""Prepares published versions for filters in the background, one after the other.

Publishing does not wait for it, and it runs behind everything else. What is missing is made when
somebody filters; this only spares them the wait.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from auxiliares import ROOT, AutomacaoError, Settings
from datafiles.companion_process import request_of
from datafiles.companions import COMPANIONS, DataFile
from datafiles.formats.form import FileForm
from datafiles.manifest import ManifestColumn
from metadb.engine import unit_of_work
from models import DatasetVersion
from services import publication

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 10.0
POLL_S: Final = 0.5
# What is smaller is prepared within the first filter.
PREPARED_FROM_BYTES: Final = 1 << 20
_LOW: Final = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
_HIDDEN: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True, slots=True)
class _Missing:
    """A version without a companion."""

    version_id: int
    parts: list[Path]
    columns: list[dict[str, Any]]
    form: dict[str, Any]


class Preparer:
    """A thread that looks for current versions without a companion."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._failed: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="preparer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin nothing new, and end what is being made: it is thrown away."""
        self._stopping.set()

    def join(self, limit_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(limit_s)

    def prepare_next(self) -> bool:
        """Make one companion; False: none is missing."""
        found = self._missing()
        if found is None:
            return False
        if not self._made(found):
            self._failed.add(found.version_id)
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                has_worked = self.prepare_next()
            except AutomacaoError as exc:  # the database is away
                log.debug("preparing_delayed", extra={"problem": exc.message})
                has_worked = False
            if not has_worked:
                self._stopping.wait(LOOK_EVERY_S)

    def _missing(self) -> _Missing | None:
        with unit_of_work() as session:
            for version in publication.current_projections(session):
                if version.size_bytes < PREPARED_FROM_BYTES or version.version_id in self._failed:
                    continue
                found = self._unprepared(version)
                if found is not None:
                    return found
        return None

    def _unprepared(self, version: DatasetVersion) -> _Missing | None:
        folder = self._settings.paths.versions
        parts = [folder / name for name, _ in publication.parts(version)]
        columns = [ManifestColumn.of(column) for column in version.columns]
        try:
            key = DataFile.of_version(parts, columns, FileForm.of_manifest(version.form)).key()
        except OSError:  # the file is being replaced
            return None
        if (self._settings.paths.data / COMPANIONS / key).exists():
            return None
        return _Missing(version.version_id, parts, version.columns, version.form)

    def _made(self, found: _Missing) -> bool:
        folder = self._settings.paths.data / COMPANIONS
        with subprocess.Popen(
            [sys.executable, "-m", "datafiles.companion_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=_LOW | _HIDDEN,
        ) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.write(request_of(found.parts, found.columns, found.form, folder))
            process.stdin.close()
            while process.poll() is None:
                if self._stopping.wait(POLL_S):
                    process.terminate()
                    break
            problem = process.stderr.read(1000).decode("utf-8", "replace").strip()
        if process.returncode != 0 and not self._stopping.is_set():
            log.warning("preparing_failed", extra={"version": found.version_id, "problem": problem})
        elif process.returncode == 0:
            log.debug("version_prepared", extra={"version": found.version_id})
        return process.returncode == 0
