"""Brings the metadata schema up to this version of the code, one process at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from auxiliares import ROOT, AutomacaoError
from metadb.engine import MetadataUnavailable, engine, is_connection_fault
from metadb.watchdog import WatchedConnection

log = logging.getLogger(__name__)

MIGRATIONS = ROOT / "migrations"
# Any fixed number will do; it only has to be ours and never change.
LOCK_KEY = 7_426_091_503


class SchemaTooNew(AutomacaoError):
    """The database was migrated by a newer version of the product."""

    code = "schema_too_new"


def migrate(*, wall_clock_zone: str = "UTC", folder: Path = MIGRATIONS) -> bool:
    """Upgrade the schema under a lock; True when something changed.

    Raises SchemaTooNew, or MetadataUnavailable when the database goes away in between.
    `wall_clock_zone` is the zone in which an adopted database wrote its naive timestamps.
    """
    script = ScriptDirectory(str(folder))
    try:
        return _migrate(script, wall_clock_zone)
    except DBAPIError as exc:
        if is_connection_fault(exc):
            raise MetadataUnavailable(
                "The metadata database went away while its schema was examined."
            ) from exc
        raise


def _migrate(script: ScriptDirectory, wall_clock_zone: str) -> bool:
    with engine().connect() as connection, _unlimited(connection):
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        connection.commit()
        try:
            return _upgrade(connection, script, wall_clock_zone)
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            connection.execute(text("reset timezone"))
            connection.commit()


@contextmanager
def _unlimited(connection: Connection) -> Iterator[None]:
    """Waiting for another process, or rewriting a large table, may take as long as it takes."""
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, WatchedConnection)
    driver.is_unlimited = True
    try:
        yield
    finally:
        driver.is_unlimited = False


def _upgrade(connection: Connection, script: ScriptDirectory, zone: str) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    known = {revision.revision for revision in script.walk_revisions()}
    if found is not None and found not in known:
        raise SchemaTooNew(
            f"The database has schema {found}, which is newer than this program "
            f"(it knows up to {script.get_current_head()}). Start the newer version of the "
            "program, or restore the database from before the upgrade."
        )
    if found == script.get_current_head():
        return False
    connection.execute(text("select set_config('TimeZone', :zone, false)"), {"zone": zone})
    connection.commit()
    config = Config()
    config.set_main_option("script_location", script.dir)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.commit()
    log.info("schema_migrated", extra={"found": found, "now": script.get_current_head()})
    return True
