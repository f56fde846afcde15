"""Where the embedded server's files lie and which system account runs it.

PostgreSQL refuses to run as root, so root runs it by a system account of its own, and where that
account cannot reach the data folder the files go to a system folder. No mode of a folder that is
not ours is ever changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from metadb.embedded_failure import EmbeddedPostgresFailed

ACCOUNT = "automacaosql"
OTHER_ACCOUNTS = ("postgres", "nobody")
SYSTEM_FOLDER = Path("/var/lib/automacaosql")
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # sockaddr_un on macOS; Linux allows four more
USERADD_WAIT_S = 5.0
USERADD_BUSY = (1, 9, 10)  # another useradd holds the files, or was quicker


@dataclass(frozen=True, slots=True)
class Account:
    """A system account the server's programs are run by."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one embedded server."""

    folder: Path
    account: Account | None  # None: the account of this process

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def password_file(self) -> Path:
        return self.folder / "postgres.password"

    @property
    def pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def give(self, path: Path) -> None:
        """Make `path` belong to the account that runs the server."""
        if self.account is not None and sys.platform != "win32":
            os.chown(path, self.account.uid, self.account.gid)

    def can_run(self, path: str) -> bool:
        return self.account is None or _can_reach(self.account, Path(path))

    def server_is_running(self) -> bool:
        """True when the pid file names a live PostgreSQL of this very data folder."""
        try:
            process = psutil.Process(int(self.pid_file.read_text("utf-8").split()[0]))
            if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
                return False
            return self._serves(process)
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
            return False

    def drop_stale_locks(self) -> None:
        """Take away what a killed server left, which even its unreaped zombie keeps valid.

        For a server that is not running. PostgreSQL still refuses to start while processes of the
        old one hold its shared memory.
        """
        self.pid_file.unlink(missing_ok=True)
        if sys.platform != "win32":
            (self.socket_folder() / (SOCKET_NAME + ".lock")).unlink(missing_ok=True)

    def orphans(self) -> list[psutil.Process]:
        """Processes of a server whose postmaster is gone; they still hold its shared memory."""
        found = []
        for process in psutil.process_iter():
            try:
                if "postgres" in process.name() and Path(process.cwd()) == self.data:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _serves(self, process: psutil.Process) -> bool:
        try:
            return str(self.data) in process.cmdline() or Path(process.cwd()) == self.data
        except psutil.AccessDenied:
            return True  # a PostgreSQL of somebody else: never take its pid file away

    def socket_folder(self) -> Path:
        """The data folder itself, which is private; a private temporary one if its path is long."""
        if sys.platform == "win32":  # there it listens on an address
            return self.data
        inside = os.fsencode(self.data)
        if len(inside) + len("/" + SOCKET_NAME) <= LONGEST_SOCKET_PATH and b"," not in inside:
            return self.data
        owner = self.account.uid if self.account else os.geteuid()
        tag = hashlib.sha256(inside).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"asql-{owner}-{tag}"
        if not folder.exists():
            folder.mkdir(mode=0o700)
            self.give(folder)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise EmbeddedPostgresFailed(
                f"{folder} is needed as a private folder but belongs to somebody else; remove it."
            )
        return folder


def existing_place(home: Path) -> Place | None:
    """The server's files made earlier for this data folder, or None."""
    for folder in (home, _system_folder(home)):
        data = folder / "postgres"
        if data.is_dir():
            return Place(folder, _owner(data))
    return None


def new_place(home: Path) -> Place:
    """Where to make the server's files; creates the folder, and as root the account."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return Place(home, None)
    account = _system_account()
    if _can_reach(account, home):
        return Place(home, account)
    folder = _system_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    for made in (SYSTEM_FOLDER, folder):
        made.chmod(0o755)
    return Place(folder, account)


def _system_folder(home: Path) -> Path:
    return SYSTEM_FOLDER / hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _owner(data: Path) -> Account | None:
    if sys.platform == "win32":
        return None
    found = data.stat()
    mine = os.geteuid()
    if mine not in (0, found.st_uid):
        raise EmbeddedPostgresFailed(
            f"The database in {data} belongs to the account {data.owner()}; start the product "
            "by that account or as root."
        )
    if mine != 0:
        return None
    if found.st_uid == 0:
        raise EmbeddedPostgresFailed(
            f"{data} belongs to root, which PostgreSQL refuses; give it to the account {ACCOUNT}."
        )
    return Account(data.owner(), found.st_uid, found.st_gid)


def _system_account() -> Account:
    account = _find_account(ACCOUNT) or _made_account()
    for name in OTHER_ACCOUNTS:
        account = account or _find_account(name)
    if account is None:
        raise EmbeddedPostgresFailed(
            "PostgreSQL refuses to run as root and no system account could be made; start the "
            f"product by an ordinary account, or make one with: useradd --system {ACCOUNT}"
        )
    return account


def _made_account() -> Account | None:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        return None
    options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    deadline = time.monotonic() + USERADD_WAIT_S
    while True:
        done = subprocess.run([useradd, *options, ACCOUNT], capture_output=True, check=False)  # noqa: S603 - fixed program
        account = _find_account(ACCOUNT)
        if account or done.returncode not in USERADD_BUSY or time.monotonic() > deadline:
            return account
        time.sleep(0.2)


def _find_account(name: str) -> Account | None:
    if sys.platform == "win32":
        return None
    import pwd

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _can_reach(account: Account, path: Path) -> bool:
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    done = subprocess.run(  # noqa: S603 - fixed program
        command,
        check=False,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stdin=subprocess.DEVNULL,
    )
    return done.returncode == 0
