"""Fixtures every test may use: one embedded server a session, one fresh database a test."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import psycopg2
import pytest

from auxiliares import Settings
from metadb import engine as metadb_engine
from metadb.embedded import EmbeddedPostgres, ServerAddress
from metadb.engine import DatabaseAddress
from metadb.migrate import migrate

TEMPLATE = "metadata_template"
MEMORY = Path("/dev/shm")  # noqa: S108 - folders of random names are made there
ROOM_BYTES = 2 << 30

# A machine that stalls for seconds says nothing about what is tested.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """What has been imported stays: the garbage collector need not look through it again."""
    gc.collect()
    gc.freeze()


@contextmanager
def folder_for_server(parent: Path | None = None) -> Iterator[Path]:
    """A folder that the account of the embedded server reaches; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="asql-test-", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    with folder_for_server() as folder:
        yield folder


def _memory() -> Path | None:
    """A file system in memory that has room and lets programs run, where there is one."""
    if not MEMORY.is_dir():
        return None
    found = os.statvfs(MEMORY)
    has_room = found.f_bavail * found.f_frsize >= ROOM_BYTES
    return MEMORY if has_room and not found.f_flag & os.ST_NOEXEC else None


@pytest.fixture(scope="session")
def pg_server() -> Iterator[ServerAddress]:
    """An embedded server of this test process alone.

    A disk gets slower with every one of the thousand databases that are made and dropped.
    """
    os.environ["ASQL_PG_FSYNC"] = "off"
    with folder_for_server(_memory()) as folder:
        server = EmbeddedPostgres(folder)
        yield server.ensure()
        server.stop_if_last()


def _execute(server: ServerAddress, statement: str) -> None:
    connection = psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.superuser,
        password=server.password,
        dbname="postgres",
    )
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


class _Databases:
    """Fresh databases of one server; while a test uses one, the next is made."""

    def __init__(self, server: ServerAddress) -> None:
        self._server = server
        self._maker = ThreadPoolExecutor(max_workers=1)
        self._next: dict[str, Future[str]] = {}

    def take(self, template: str) -> DatabaseAddress:
        made = self._next.get(template) or self._maker.submit(self._make, template)
        name = made.result()
        self._next[template] = self._maker.submit(self._make, template)
        server = self._server
        return DatabaseAddress(server.host, server.port, name, server.superuser, server.password)

    def give_back(self, address: DatabaseAddress) -> None:
        _execute(self._server, f'DROP DATABASE IF EXISTS "{address.dbname}" WITH (FORCE)')

    def close(self) -> None:
        self._maker.shutdown()

    def _make(self, template: str) -> str:
        name = f"t_{secrets.token_hex(6)}"
        # Copying files takes half of what copying through the log does.
        _execute(self._server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name


@pytest.fixture(scope="session")
def databases(pg_server: ServerAddress) -> Iterator[_Databases]:
    made = _Databases(pg_server)
    yield made
    made.close()


@pytest.fixture
def pg_database(databases: _Databases) -> Iterator[DatabaseAddress]:
    """A fresh, empty database; its user is the superuser."""
    address = databases.take("template0")
    yield address
    databases.give_back(address)


@pytest.fixture(scope="session")
def metadata_template(pg_server: ServerAddress) -> str:
    """A migrated database to copy; the real migrations made it."""
    _execute(pg_server, f'CREATE DATABASE "{TEMPLATE}" TEMPLATE template0')
    address = DatabaseAddress(
        pg_server.host, pg_server.port, TEMPLATE, pg_server.superuser, pg_server.password
    )
    metadb_engine.connect(lambda: address)
    migrate()
    metadb_engine.disconnect()
    return TEMPLATE


@pytest.fixture
def metadata_db(databases: _Databases, metadata_template: str) -> Iterator[DatabaseAddress]:
    """A migrated metadata database, connected for this process."""
    address = databases.take(metadata_template)
    metadb_engine.connect(lambda: address)
    yield address
    metadb_engine.disconnect()
    databases.give_back(address)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose every folder lies in the test's own."""
    monkeypatch.setenv("ASQL_DATA", str(tmp_path / "data"))
    return Settings(
        backend={"secret_key": secrets.token_urlsafe(48)},  # type: ignore[arg-type]
        data_api={"api_keys": ["file-key-for-tests-0123456789"]},  # type: ignore[arg-type]
    )
