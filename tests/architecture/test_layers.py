"""Imports go down the layers only, and no root name hides an installed package."""

import ast
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = (
    ("backend", "schedule", "migrations"),
    ("webapi", "execution"),
    ("services",),
    ("transfer",),
    ("metadb", "connectors", "datafiles", "timing", "messaging"),
    ("dialects",),
    ("logging_config",),
    ("models",),
    ("tables",),
    ("vocabulary", "failpoints", "stored_secrets"),
    ("auxiliares",),
    ("settings_file",),
)
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
OUTSIDE = "bootstrap"  # runs where nothing is installed; only `start` and `test` import it
NOT_CODE = ("tests", "benchmarks", "examples", "docs", "frontend", "data")
SHARED_NAMES = {"schedule"}  # ours and the library's, told apart by timing.pypi_schedule


def sources() -> Iterator[tuple[str, Path]]:
    """Every source of the product with the root name it belongs to."""
    for entry in sorted(ROOT.iterdir()):
        if entry.suffix == ".py":
            yield entry.stem, entry
        elif entry.is_dir() and entry.name[0] != "." and entry.name not in NOT_CODE:
            yield from ((entry.name, path) for path in sorted(entry.rglob("*.py")))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and root name of each import, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.lineno, str(node.module).split(".")[0]


def test_every_root_name_has_a_layer() -> None:
    assert {owner for owner, _ in sources()} <= {*LEVELS, OUTSIDE}


def test_imports_go_down_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {owner} imports {name}"
        for owner, path in sources()
        for line, name in imported(path)
        if name != owner and name in {*LEVELS, OUTSIDE}
        if OUTSIDE in (owner, name) or LEVELS[name] <= LEVELS[owner]
    ]
    assert not wrong, "\n".join(wrong)


def test_bootstrap_needs_the_standard_library_alone() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for owner, path in sources()
        if owner == OUTSIDE
        for line, name in imported(path)
        if name != OUTSIDE and name not in sys.stdlib_module_names
    ]
    assert not wrong, "\n".join(wrong)


def test_no_root_name_hides_another_package() -> None:
    ours = {owner for owner, _ in sources()}
    installed = set(importlib.metadata.packages_distributions())
    assert ours & installed <= SHARED_NAMES
    assert not ours & sys.stdlib_module_names


LOADS_LIBRARY = (
    "import sys, timing.pypi_schedule; library = sys.modules['_pypi_schedule']; "
    "print(library.every, library.__file__)"
)


@pytest.mark.parametrize(
    "first_places", [[str(ROOT)], []], ids=["root before the packages", "root after the packages"]
)
def test_adapter_loads_the_library_however_python_starts(first_places: list[str]) -> None:
    arrange = f"import sys; sys.path[:] = {first_places!r} + sys.path[1:] + [{str(ROOT)!r}]; "
    assert "site-packages" in loaded([sys.executable, "-c", arrange + LOADS_LIBRARY])


@pytest.mark.parametrize("how", ["script", "module", "PYTHONPATH"])
def test_adapter_loads_the_library_from_a_started_file(how: str, tmp_path: Path) -> None:
    (tmp_path / "schedule.py").write_text("raise SystemExit('the library was not loaded')\n")
    (tmp_path / "probe.py").write_text(LOADS_LIBRARY + "\n")
    (tmp_path / "timing").symlink_to(ROOT / "timing")
    command = {
        "script": [sys.executable, str(tmp_path / "probe.py")],
        "module": [sys.executable, "-m", "probe"],
        "PYTHONPATH": [sys.executable, "-c", LOADS_LIBRARY],
    }[how]
    assert "site-packages" in loaded(command, cwd=tmp_path, PYTHONPATH=str(tmp_path))


def loaded(command: list[str], *, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
