"""Opens the metadata database the settings name: a configured server or the embedded one."""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time

import psycopg2

from auxiliares import Settings
from metadb import engine
from metadb.embedded import EmbeddedPostgres
from metadb.embedded_failure import EmbeddedPostgresFailed
from metadb.engine import DatabaseAddress, MetadataUnavailable
from metadb.server_address import ServerAddress

log = logging.getLogger(__name__)

RESTART_PAUSE_S = 2.0


class MetadataDatabase:
    """The metadata database of this process; `close()` at a clean exit, once."""

    def __init__(self, settings: Settings, *, kept: int = engine.POOL_SIZE) -> None:
        """`kept`: connections that stay open when nobody uses them."""
        self._settings = settings
        self._kept = kept
        self._lock = threading.Lock()
        self._recovered_at = 0.0
        self.embedded = (
            EmbeddedPostgres(settings.paths.data) if settings.postgres.is_embedded else None
        )

    def open(self) -> None:
        """Start the embedded server if need be, make its database, connect the engine.

        Raises MetadataUnavailable when a configured server does not answer.
        """
        if self.embedded is not None:
            self.embedded.ensure()
            self.embedded.ensure_database(
                self._settings.postgres.database,
                self._settings.postgres.username,
                self._owner_password(),
            )
        engine.connect(self.address, recover=self.recover, kept=self._kept)
        try:
            engine.raw_connection().close()
        except psycopg2.OperationalError as exc:
            postgres = self._settings.postgres
            where = self.address().host if self.embedded else f"{postgres.hostname}:{postgres.port}"
            raise MetadataUnavailable(
                f"The metadata database {postgres.database!r} at {where} cannot be opened as "
                f"{postgres.username!r}: {str(exc).strip()} Check the section postgres of "
                "datafile.json; empty hostname means the embedded server."
            ) from exc

    def address(self) -> DatabaseAddress:
        """Where the database is now; an embedded server may have moved to another port."""
        postgres = self._settings.postgres
        if self.embedded is None:
            password = postgres.password.get_secret_value() if postgres.password else ""
            assert postgres.hostname is not None
            return DatabaseAddress(
                postgres.hostname, postgres.port, postgres.database, postgres.username, password
            )
        server = self.embedded.address() or self.embedded.ensure()
        return DatabaseAddress(
            server.host, server.port, postgres.database, postgres.username, self._owner_password()
        )

    def recover(self) -> bool:
        """Start the embedded server again after it died; True when a new try makes sense."""
        if self.embedded is None:
            return False
        with self._lock:
            if time.monotonic() - self._recovered_at < RESTART_PAUSE_S:
                return True
            try:
                if not self.embedded.is_alive():
                    log.warning("embedded_postgres_starts_again")
                    self.embedded.ensure()
            except EmbeddedPostgresFailed as exc:
                log.error("embedded_postgres_down", extra={"problem": exc.message})
                return False
            self._recovered_at = time.monotonic()
            return True

    def close(self) -> None:
        """Leave; the last process to leave stops the embedded server."""
        engine.disconnect()
        if self.embedded is not None:
            self.embedded.stop_if_last()

    def server(self) -> ServerAddress | None:
        """The embedded server with its superuser, for administration; None when not embedded."""
        return self.embedded.ensure() if self.embedded else None

    def _owner_password(self) -> str:
        """Derived, so that both processes know it and nothing more has to be stored."""
        key = self._settings.backend.secret_key.get_secret_value().encode()
        return hmac.new(key, b"automacaosql/embedded-owner/v1", hashlib.sha256).hexdigest()


def open_database(settings: Settings) -> MetadataDatabase:
    """The metadata database, open and connected; see MetadataDatabase.open."""
    database = MetadataDatabase(settings)
    database.open()
    return database


def embedded_address(settings: Settings) -> ServerAddress | None:
    """Where the embedded server of these settings listens; None when it is not used or down."""
    if not settings.postgres.is_embedded:
        return None
    return EmbeddedPostgres(settings.paths.data).address()
