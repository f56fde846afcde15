"""Rules of the house that the linter does not know."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES = 60
FILE_LINES = {".py": 400, ".tsx": 250, ".ts": 400}
TEST_FILE_LINES = 600

# An emulator of a foreign protocol with tests of its own, and catalogues of words.
OF_ANY_LENGTH = ("tests/oracle_standin/", "frontend/src/i18n/")

# Why each may catch everything; none may hide what it caught.
MAY_CATCH_EVERYTHING = {
    "webapi/edge.py": "the edge of HTTP: an unforeseen fault becomes a 500 with its log record",
    "execution/executor.py": "the edge of a run: any fault ends the run, never the worker",
    "execution/worker.py": "the edge of the worker: the queue may fail, the worker goes on",
    "execution/deliver.py": "the edge of a delivery: a fault ends the delivery, never the worker",
    "execution/notify.py": "the edge of a notification: a fault ends it, never the daemon",
    "timing/beat.py": "the loop of the daemon: one failed beat must not end the daemon",
    "logging_config.py": "a record that cannot be written must not harm who wrote it",
}

# Written in parts, so that this file does not hold what it forbids.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("yarnpkg", "com"),
            ("npmmirror", "com"),
            ("jsdelivr", "net"),
            ("unpkg", "com"),
        )
    )
)
MACHINE_PATHS = re.compile(
    "|".join(
        "/" + "/".join(parts)
        for parts in (
            ("work", "(main|shared)"),
            ("opt", "(wheels|pypi)"),
            ("root", r"\."),
            ("tmp", "brief"),
        )
    )
)


@cache
def tracked() -> tuple[Path, ...]:
    """Every file git knows, or is about to."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = [git, "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in tracked():
        if path.suffix == ".py" or path in (ROOT / "start", ROOT / "test"):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # pictures and fonts


def is_test(name: str) -> bool:
    return name.startswith("tests/") or ".test." in name or "/e2e/" in name


def test_files_stay_readable() -> None:
    too_long = []
    for name, text in texts():
        limit = FILE_LINES.get(Path(name).suffix)
        is_made = "/generated/" in name or name.endswith((".gen.ts", ".d.ts"))
        if limit is None or is_made or name.startswith(OF_ANY_LENGTH):
            continue
        allowed = TEST_FILE_LINES if is_test(name) else limit
        if text.count("\n") > allowed:
            too_long.append(f"{name}: {text.count(chr(10))} lines, {allowed} at most")
    assert not too_long, "\n".join(too_long)


def test_functions_stay_readable() -> None:
    too_long = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in sources()
        if not name.startswith(("tests/e2e/", *OF_ANY_LENGTH))  # a story is told in one piece
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not too_long, "\n".join(too_long)


@pytest.mark.parametrize("forbidden", [REGISTRY_HOSTS, MACHINE_PATHS], ids=["hosts", "paths"])
def test_no_registry_host_and_no_machine_path_is_kept(forbidden: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number} {line.strip()[:100]}"
        for name, text in texts()
        if forbidden.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert not found, "\n".join(found[:20])


def catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = [node.id for node in caught if isinstance(node, ast.Name)]
    return handler.type is None or "Exception" in names or "BaseException" in names


def passes_it_on(handler: ast.ExceptHandler) -> bool:
    """True when the handler cleans up and ends by raising the same again."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_everything_is_caught_at_the_edges_only() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        if not is_test(name) and name not in MAY_CATCH_EVERYTHING
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
        if not passes_it_on(node)
    ]
    assert not found, "\n".join(found)


def test_no_module_is_named_after_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "manager", "misc"}
    found = [name for name, _ in sources() if empty_names & {Path(name).stem, *Path(name).parts}]
    assert not found


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        name
        for name, tree in sources()
        if tree.body and ast.get_docstring(tree) is None and not name.startswith(OF_ANY_LENGTH)
    ]
    assert not silent, "\n".join(silent)
