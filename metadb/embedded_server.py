"""Makes, starts and stops one embedded server; the caller holds the lock of its folder."""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from metadb.embedded_failure import EmbeddedPostgresFailed, log_tail
from metadb.pg_binaries import find_binaries, private_copy, program, server_major
from metadb.pg_place import Place
from metadb.server_address import SUPERUSER, ServerAddress, answers, read_address

log = logging.getLogger(__name__)

FSYNC_VARIABLE = "ASQL_PG_FSYNC"
START_LIMIT_S = 120  # crash recovery of a busy database takes its time
LINGER_LIMIT_S = 30  # how long processes of a killed server may hold its shared memory
LINGER_PATIENCE_S = 3  # idle ones leave by themselves; after this the busy ones are asked to
LOG_LIMIT_BYTES = 10_000_000
SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
NO_FSYNC = {"fsync": "off", "full_page_writes": "off"}
LINGERING = ("shared memory block", "already exists", "already running", "already in use")
INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",  # the same order of text on every system, for ever
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth=scram-sha-256",
)


def prepared_binaries(place: Place) -> Path:
    """Programs that fit the data folder, which is made first when there is none."""
    found = find_binaries()
    major = server_major(found)
    binaries = _runnable(place, found)
    if not place.data.exists():
        _initialise(place, binaries)
    try:
        made_by = (place.data / "PG_VERSION").read_text("utf-8").strip()
    except FileNotFoundError as exc:
        raise EmbeddedPostgresFailed(
            f"{place.data} is not a PostgreSQL data folder; move it away and start again."
        ) from exc
    if made_by != str(major):
        raise EmbeddedPostgresFailed(
            f"The database in {place.data} was made by PostgreSQL {made_by}, the programs in "
            f"{found} are version {major}. Dump it with the old programs (pg_dump) and restore it "
            "into a new data folder."
        )
    return binaries


def _runnable(place: Place, binaries: Path) -> Path:
    if place.can_run(program(binaries, "initdb")):
        return binaries
    return private_copy(binaries, place.folder)


def _initialise(place: Place, binaries: Path) -> None:
    """Make the data folder beside its name and rename it, so that a half one never stands there."""
    unfinished = place.folder / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    place.give(unfinished)
    password = secrets.token_urlsafe(24)
    _write_private(place.password_file, password)
    with tempfile.TemporaryDirectory(prefix="postgres.", dir=place.folder) as folder:
        given = Path(folder) / "password"
        _write_private(given, password)
        place.give(Path(folder))
        place.give(given)
        sync = ["--no-sync"] if _fsync_is_off() else []
        options = [*INITDB, *sync, f"--username={SUPERUSER}", f"--pwfile={given}"]
        output = _run(place, binaries, "initdb", "-D", unfinished, *options)
    if output is not None:
        raise EmbeddedPostgresFailed(f"initdb could not make {place.data}:\n{output}")
    unfinished.rename(place.data)
    log.info("embedded_postgres_made", extra={"folder": str(place.data)})


def start(place: Place, binaries: Path) -> ServerAddress:
    """Start the server, or wait for one that is just starting or stopping."""
    begun = time.monotonic()
    output = ""
    while True:
        if not place.server_is_running():
            place.drop_stale_locks()
            output = _launch(place, binaries, begun)
        address = read_address(place)
        if address is not None and answers(address):
            log.info("embedded_postgres_started", extra={"folder": str(place.data)})
            return address
        if time.monotonic() - begun > START_LIMIT_S:
            raise _failure(
                f"The embedded PostgreSQL in {place.data} does not answer", place, output
            )
        time.sleep(0.1)


def stop(place: Place) -> None:
    """Stop the server; sessions that are still there are ended."""
    binaries = _runnable(place, find_binaries())
    output = _run(place, binaries, "pg_ctl", "-w", "-m", "fast", "-D", place.data, "stop")
    if output is not None:
        raise _failure(f"The embedded PostgreSQL in {place.data} did not stop", place, output)
    log.info("embedded_postgres_stopped", extra={"folder": str(place.data)})


def _launch(place: Place, binaries: Path, begun: float) -> str:
    """Run pg_ctl start once; its output when only left-overs of a killed server are in the way."""
    _open_log(place)
    logged = place.log.stat().st_size
    options = ["-w", "-t", START_LIMIT_S, "-D", place.data, "-l", place.log]
    output = _run(place, binaries, "pg_ctl", *options, "-o", _server_options(place), "start")
    if output is None:
        return ""
    said = log_tail(place.log, since=logged) + output
    waited = time.monotonic() - begun
    if waited > LINGER_LIMIT_S or not any(text in said for text in LINGERING):
        raise _failure(f"The embedded PostgreSQL in {place.data} did not start", place, output)
    if waited > LINGER_PATIENCE_S:
        for orphan in place.orphans():
            _ask_to_leave(orphan)
    return output


def _ask_to_leave(orphan: psutil.Process) -> None:
    try:
        orphan.terminate()
    except psutil.Error:
        log.warning("embedded_postgres_orphan_stays", extra={"pid": orphan.pid})


def _server_options(place: Place) -> str:
    """The command line of the server, as pg_ctl hands it to a shell."""
    settings = SETTINGS | (NO_FSYNC if _fsync_is_off() else {})
    if os.name == "nt":
        settings |= {"listen_addresses": "127.0.0.1", "port": str(_free_port())}
        return " ".join(f"-c {name}={value}" for name, value in settings.items())
    folder = str(place.socket_folder()).replace('"', '""')
    settings |= {"listen_addresses": "", "port": "5432", "unix_socket_directories": f'"{folder}"'}
    return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())


def _run(place: Place, binaries: Path, name: str, *arguments: object) -> str | None:
    """Run a program by the server's account; None when it went well, else what it said."""
    account = place.account
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    # A file takes the output: the server inherits a pipe on Windows, and reading it never ends.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603 - programs located by us
            [program(binaries, name), *map(str, arguments)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=place.folder,
            env=environment | {"LC_ALL": "C"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW: Ctrl-C of the product is not for it
            creationflags=0x08000200 if os.name == "nt" else 0,
        )
        said.seek(0)
        return None if done.returncode == 0 else said.read().decode("utf-8", errors="replace")


def _failure(what: str, place: Place, output: str) -> EmbeddedPostgresFailed:
    return EmbeddedPostgresFailed(
        f"{what}. {output.strip()}\nLast lines of {place.log}:\n{log_tail(place.log)}"
    )


def _open_log(place: Place) -> None:
    if place.log.exists() and place.log.stat().st_size > LOG_LIMIT_BYTES:
        place.log.replace(place.log.with_suffix(".log.old"))
    place.log.touch(mode=0o600)
    place.give(place.log)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _fsync_is_off() -> bool:
    return os.environ.get(FSYNC_VARIABLE, "").lower() == "off"
