"""Builds the interface when its sources have changed since the last build."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from bootstrap.messages import CannotGoOn, say
from bootstrap.node import Node, find_node
from bootstrap.processes import run

NOT_SOURCES = frozenset(
    ("node_modules", "dist", "coverage", "test-results", "playwright-report", ".vite", "e2e")
)


def is_there(root: Path) -> bool:
    return (root / "frontend" / "package.json").exists()


def scripts(root: Path) -> dict[str, str]:
    """The npm scripts by name."""
    package = json.loads((root / "frontend" / "package.json").read_text("utf-8"))
    found = package.get("scripts", {})
    return {str(name): str(text) for name, text in found.items()}


def build(root: Path, python: Path) -> bool:
    """Bring `frontend/dist` up to date; True when something had to be built. Raises CannotGoOn."""
    folder = root / "frontend"
    stamp = folder / "dist" / ".stamp"
    wanted = source_hash(folder)
    if _text(stamp) == wanted:
        return False
    node = ready_node(root, python)
    say("Building the interface ...")
    if run(node.npm("run", "build"), cwd=folder, env=node.environment()) != 0:
        raise CannotGoOn("The interface could not be built; the messages of npm stand above.")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted, encoding="utf-8")
    return True


def ready_node(root: Path, python: Path) -> Node:
    """Node, with the packages of the interface installed as its lock file says."""
    folder = root / "frontend"
    node = find_node(root, python)
    lock = folder / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".lock-stamp"
    if _text(stamp) != wanted:
        say("Installing the packages of the interface ...")
        command = node.npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        if run(command, cwd=folder, env=node.environment()) != 0:
            raise CannotGoOn(
                "npm could not install the packages of the interface (its messages stand above); "
                "check the network or npm's registry setting, then run this again."
            )
        stamp.write_text(wanted, encoding="utf-8")
    return node


def source_hash(folder: Path) -> str:
    """Changes with the name or content of any file that may go into the build."""
    total = hashlib.sha256()
    for path in sorted(_sources(folder)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in NOT_SOURCES:
                    yield from _sources(Path(entry.path))
            elif entry.is_file():
                yield Path(entry.path)


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except OSError:
        return None
