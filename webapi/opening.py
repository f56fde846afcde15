"""Opening of the metadata database at the start of the HTTP process, beside the server."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from auxiliares import AutomacaoError, Settings
from metadb.database import MetadataDatabase
from metadb.engine import raw_connection
from metadb.migrate import migrate
from metadb.patience import until_available
from services.first_start import prepare

log = logging.getLogger(__name__)


class Opening:
    """Opens, migrates and prepares the metadata database beside the server, however long it takes.

    Until `opened` is set the server answers 503. `failure` is what can never succeed, such as a
    schema that is newer than the program; `on_failure` is called then.
    """

    def __init__(
        self,
        settings: Settings,
        opened: threading.Event,
        attach_log_table: Callable[[Callable[..., Any]], object],
        on_failure: Callable[[], object] = lambda: None,
    ) -> None:
        self.settings = settings
        self.database = MetadataDatabase(settings)
        self.failure: AutomacaoError | None = None
        self._opened = opened
        self._attach_log_table = attach_log_table
        self._on_failure = on_failure
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="opening", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Give up opening; close what is open."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)
        self.database.close()

    def open(self, *, limit_s: float | None = None) -> bool:
        """Open, migrate and write what a first start needs, trying until all of it succeeds.

        False: asked to stop. Raises MetadataUnavailable after `limit_s`. A line that breaks in the
        middle is no reason to end: everything is tried again from its start. A new root password
        is shown once.
        """
        announcement = until_available(self._begin, self._stopping, log, limit_s=limit_s)
        if announcement is None:
            return False
        sys.stdout.write(announcement)
        sys.stdout.flush()
        return True

    def _begin(self) -> str:
        self.database.open()
        migrate(wall_clock_zone=self.settings.scheduler.time_zone)
        return prepare(self.settings).announcement

    def _run(self) -> None:
        try:
            if self.open():
                self._attach_log_table(raw_connection)
                self._opened.set()
        except AutomacaoError as exc:
            log.error("backend_cannot_start", extra={"problem": exc.message})
            self.failure = exc
            self._on_failure()
