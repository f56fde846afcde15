"""Databases for the long form of the cuts, outside any test."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from auxiliares import Settings
from metadb import engine
from metadb.embedded import EmbeddedPostgres
from metadb.engine import DatabaseAddress
from metadb.migrate import migrate
from tests.moving import Ground
from tests.sources import new_database


@contextlib.contextmanager
def one_ground() -> Iterator[tuple[Ground, DatabaseAddress]]:
    """A server of its own with a migrated metadata database, a source and a target."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ASQL_PG_FSYNC": "off", "ASQL_DATA": folder}
        server = EmbeddedPostgres(Path(folder) / "pg")
        address = server.ensure()
        metadata = new_database(address)
        engine.connect(lambda: metadata)
        migrate()
        settings = Settings(backend={"secret_key": secrets.token_urlsafe(48)})  # type: ignore[arg-type]
        try:
            yield Ground.of(new_database(address), new_database(address), settings), metadata
        finally:
            engine.disconnect()
            server.stop_if_last()
