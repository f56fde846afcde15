"""Makes and renews `.venv` from a locked file; the venv is used as it is while its stamp fits."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap.messages import CannotGoOn, complain, say
from bootstrap.processes import run

RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"  # holds every line of the run-time one
STAMP = ".stamp.json"
NO_NETWORK = re.compile(
    "Max retries exceeded|NewConnectionError|Failed to establish|name resolution|getaddrinfo"
    "|ProxyError|ConnectTimeout|Connection refused|Network is unreachable|No matching distribution"
)


def prepare(root: Path, lock: str = RUNTIME_LOCK) -> Path:
    """The Python of an environment that holds what `lock` names; quick when it is there already.

    Raises CannotGoOn.
    """
    folder = root / ".venv"
    python = interpreter(folder)
    installed = _read_stamp(folder)
    wanted = _hashes(root, lock)
    if python.exists() and wanted.items() <= installed.items():
        return python
    if not _is_usable(folder, root):
        say(f"Making {folder} with Python {_python_version()} ...")
        _make(folder)
    say(f"Installing the packages of {lock}; the first time takes about a minute ...")
    (folder / STAMP).unlink(missing_ok=True)
    pip_install(python, root, "-r", lock)
    (folder / STAMP).write_text(json.dumps(wanted), encoding="utf-8")
    return python


def interpreter(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip_install(python: Path, root: Path, *arguments: str) -> None:
    """Install by hash with pip as the machine has it configured. Raises CannotGoOn."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes"]
    command += ["--disable-pip-version-check", *arguments]
    with tempfile.TemporaryFile() as said:
        if run(command, cwd=root, output=said) == 0:
            return
        said.seek(0)
        lines = said.read().decode("utf-8", errors="replace").splitlines()
    complain("\n".join([line for line in lines if line.startswith("ERROR")] or lines[-6:]))
    reason = "pip failed; its last lines stand above"
    if any(NO_NETWORK.search(line) for line in lines):
        reason = (
            "pip reached no package index that has them; connect this machine to the network or "
            "configure pip for a mirror (pip config), then run this again"
        )
    raise CannotGoOn(f"The packages of {arguments[-1]} could not be installed: {reason}.")


def apt_install(*packages: str) -> bool:
    """Install the first of these Debian packages that there is; False unless root and apt-get."""
    apt = shutil.which("apt-get")
    if apt is None or sys.platform == "win32" or os.geteuid() != 0:
        return False
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    say(f"Installing {packages[0]} with apt-get ...")
    with tempfile.TemporaryFile() as said:
        run([apt, "update", "-qq"], cwd=Path("/"), env=env, output=said)
        install = [apt, "install", "-y", "-qq", "--no-install-recommends"]
        return any(
            run([*install, name], cwd=Path("/"), env=env, output=said) == 0 for name in packages
        )


def _make(folder: Path) -> None:
    if not _has_venv_modules():
        packages = (f"python{_python_version()}-venv", "python3-venv")
        if not (apt_install(*packages) and _has_venv_modules()):
            raise CannotGoOn(
                f"Python's module venv is missing from {sys.executable}; install it with "
                "`sudo apt install python3-venv` (Debian, Ubuntu) or from your system's packages, "
                "then run this again."
            )
    import venv

    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(folder)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise CannotGoOn(f"The environment {folder} could not be made: {exc}.") from exc


def _is_usable(folder: Path, root: Path) -> bool:
    """True when the environment is of this Python version and was made to its end."""
    try:
        text = (folder / "pyvenv.cfg").read_text("utf-8")
    except OSError:
        return False
    made_by = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", text, re.MULTILINE)
    if made_by is None or made_by.group(1) != _python_version():
        return False
    python = interpreter(folder)
    with tempfile.TemporaryFile() as said:
        command = [str(python), "-m", "pip", "--version"]
        return python.exists() and run(command, cwd=root, output=said) == 0


def _has_venv_modules() -> bool:
    importlib.invalidate_caches()
    specs = (importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    return all(spec is not None and spec.origin is not None for spec in specs)


def _hashes(root: Path, lock: str) -> dict[str, str]:
    locks = {lock, RUNTIME_LOCK}
    found = {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in locks}
    return {"python": _python_version(), **found}


def _read_stamp(folder: Path) -> dict[str, str]:
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
