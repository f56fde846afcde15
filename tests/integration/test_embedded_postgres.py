"""The embedded server under everything that goes wrong around it, with real processes."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from metadb.embedded import EmbeddedPostgres, EmbeddedPostgresFailed, ServerAddress
from metadb.pg_place import Place, existing_place
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
ENSURE = """
import sys
from pathlib import Path
from metadb.embedded import EmbeddedPostgres
address = EmbeddedPostgres(Path(sys.argv[1])).ensure()
print(address.host, address.port, address.password)
"""
BUSY = """
address.connect().cursor().execute("SELECT count(*) FROM generate_series(1, 100000000000)")
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="reads processes as Linux and macOS do")


@pytest.fixture(autouse=True)
def _quick_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASQL_PG_FSYNC", "off")


@pytest.fixture
def home() -> Iterator[Path]:
    """A data folder the server's account can reach; the server in it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="asql-test-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "data"
        yield home
        end_server(home)


def end_server(home: Path) -> None:
    place = existing_place(home)
    if place is None:
        return
    if place.server_is_running():
        os.kill(postmaster(place), signal.SIGQUIT)
    wait_for(lambda: not place.orphans(), what="the end of the server")
    shutil.rmtree(place.folder, ignore_errors=True)


def place_of(home: Path) -> Place:
    place = existing_place(home)
    assert place is not None
    return place


def postmaster(place: Place) -> int:
    return int(place.pid_file.read_text().split()[0])


def answer(address: ServerAddress, statement: str, database: str = "postgres") -> object:
    with closing(address.connect(database)) as session, session.cursor() as cursor:
        session.autocommit = True
        cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_six_processes_on_an_empty_folder_share_one_server(home: Path) -> None:
    command = [sys.executable, "-c", ENSURE, str(home)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    answers = {process.communicate(timeout=120)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 6
    assert len(answers) == 1
    # It was started once.
    assert place_of(home).log.read_text().count("ready to accept connections") == 1


def test_server_outlives_the_process_that_started_it(home: Path) -> None:
    subprocess.run([sys.executable, "-c", ENSURE, str(home)], cwd=ROOT, check=True)
    assert EmbeddedPostgres(home).is_alive()


def test_killed_server_comes_back_with_its_data(home: Path) -> None:
    server = EmbeddedPostgres(home)
    answer(server.ensure(), "CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(postmaster(place_of(home)), signal.SIGKILL)
    assert answer(server.ensure(), "SELECT n FROM kept") == 42


def test_server_killed_under_a_busy_session_comes_back(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with closing(server.ensure().connect()) as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(int(cursor.fetchone()[0]))  # type: ignore[index]
        busy = subprocess.Popen(
            [sys.executable, "-c", ENSURE + BUSY, str(home)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%generate_series(1%%'"
        wait_for(
            lambda: answer(server.ensure(), running + " AND pid <> pg_backend_pid()"),
            what="the busy session",
        )
        os.kill(postmaster(place_of(home)), signal.SIGKILL)
        assert answer(server.ensure(), "SELECT 1") == 1
        busy.wait(timeout=30)
        assert not backend.is_running()


def test_pid_file_naming_a_foreign_process_is_taken_away(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure()
    place = place_of(home)
    stale = place.pid_file.read_text().splitlines()
    assert server.stop_if_last()
    place.pid_file.write_text("\n".join([str(os.getpid()), *stale[1:]]))
    place.give(place.pid_file)
    assert not server.is_alive()
    assert answer(server.ensure(), "SELECT 1") == 1
    assert postmaster(place) != os.getpid()


def test_pid_file_without_content_is_taken_away(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure()
    assert server.stop_if_last()
    place_of(home).pid_file.touch()
    assert server.address() is None
    assert answer(server.ensure(), "SELECT 1") == 1


def test_stop_leaves_the_server_to_others_that_are_connected(home: Path) -> None:
    server = EmbeddedPostgres(home)
    with closing(server.ensure().connect()):
        assert not server.stop_if_last()
        assert server.is_alive()
    assert server.stop_if_last()
    assert not server.is_alive()
    # Nothing is there any more to be stopped.
    assert not server.stop_if_last()


def test_stop_without_a_server_makes_nothing(home: Path) -> None:
    assert not EmbeddedPostgres(home).stop_if_last()
    assert EmbeddedPostgres(home).address() is None
    assert not home.exists()


@pytest.mark.parametrize("name", ["d" * 130, "com vírgula, 'aspas' e espaço"])
def test_folder_whose_path_makes_no_socket_gets_a_private_one(home: Path, name: str) -> None:
    server = EmbeddedPostgres(home / name)
    try:
        address = server.ensure()
        assert answer(address, "SELECT 1") == 1
        folder = Path(address.host)
        assert folder.name.startswith("asql-")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert server.stop_if_last()
        folder.rmdir()
    finally:
        end_server(home / name)


def test_only_its_account_can_read_data_and_password(home: Path) -> None:
    EmbeddedPostgres(home).ensure()
    place = place_of(home)
    assert stat.S_IMODE(place.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.log.stat().st_mode) == 0o600


def test_server_listens_on_no_network_address(home: Path) -> None:
    address = EmbeddedPostgres(home).ensure()
    assert answer(address, "SHOW listen_addresses") == ""
    assert answer(address, "SHOW fsync") == "off"
    # A password is asked for although the socket is private.
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        ServerAddress(address.host, address.port, address.superuser, "wrong").connect()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root changes the account")
def test_root_keeps_its_folder_closed_and_uses_the_system_folder() -> None:
    with tempfile.TemporaryDirectory(prefix="asql-test-") as folder:  # mode 0700
        home = Path(folder) / "data"
        try:
            address = EmbeddedPostgres(home).ensure()
            assert address.host.startswith("/var/lib/automacaosql/")
            assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
            assert EmbeddedPostgres(home).stop_if_last()
        finally:
            end_server(home)


def test_text_is_ordered_and_folded_alike_on_every_system(home: Path) -> None:
    address = EmbeddedPostgres(home).ensure()
    assert answer(address, "SELECT lower('AÇÃO')") == "ação"
    provider = "SELECT datlocprovider FROM pg_database WHERE datname = 'template1'"
    assert answer(address, provider) == "b"


def test_database_of_another_major_version_is_refused_in_words(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure()
    assert server.stop_if_last()
    (place_of(home).data / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresFailed, match="made by PostgreSQL 16, the programs"):
        server.ensure()


def test_failed_start_shows_the_end_of_the_servers_log(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure()
    assert server.stop_if_last()
    with (place_of(home).data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    begun = time.monotonic()
    with pytest.raises(EmbeddedPostgresFailed) as failed:
        server.ensure()
    assert 'unrecognized configuration parameter "no_such_setting"' in failed.value.message
    assert failed.value.code == "embedded_postgres_failed"
    # What does not pass by waiting is not waited for.
    assert time.monotonic() - begun < 15


def test_half_made_data_folder_is_made_again(home: Path) -> None:
    unfinished = home / "postgres.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert answer(EmbeddedPostgres(home).ensure(), "SELECT 1") == 1
    assert not unfinished.exists()


def test_lost_password_file_is_named(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure()
    place_of(home).password_file.write_text("another")
    with pytest.raises(EmbeddedPostgresFailed, match=r"postgres\.password"):
        server.ensure()


def test_folder_without_postgres_programs_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASQL_PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedPostgresFailed, match="ASQL_PG_BIN"):
        EmbeddedPostgres(home).ensure()


def test_database_is_made_once_and_its_password_set_again(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure_database("dados", "dona", "first")
    server.ensure_database("dados", "dona", "second 'quoted'")
    address = server.ensure()
    owner = ServerAddress(address.host, address.port, "dona", "second 'quoted'")
    assert answer(owner, "SELECT rolsuper FROM pg_roles WHERE rolname = 'dona'", "dados") is False
    answer(owner, "CREATE TABLE t (n int)", "dados")
    with pytest.raises(psycopg2.OperationalError):
        ServerAddress(address.host, address.port, "dona", "first").connect("dados")


def test_roles_of_other_databases_may_not_connect(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.ensure_database("dados", "dona", "one")
    server.ensure_database("demo", "leitora", "two")
    address = server.ensure()
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        ServerAddress(address.host, address.port, "leitora", "two").connect("dados")


def test_password_does_not_show_in_the_address(home: Path) -> None:
    address = EmbeddedPostgres(home).ensure()
    assert address.password not in repr(address)
