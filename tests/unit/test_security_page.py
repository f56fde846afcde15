"""docs/security.md is true: each row names tests that exist and carry the row's word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from auxiliares import ROOT

ROWS = re.findall(
    r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
    (ROOT / "docs" / "security.md").read_text("utf-8"),
    re.MULTILINE,
)


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_security_")
    }


@pytest.mark.parametrize(("row", "shown_by"), [(row[0], row[3]) for row in ROWS])
def test_every_row_is_shown_by_a_test_with_its_name(row: str, shown_by: str) -> None:
    files = re.findall(r"`(tests/[\w/]+\.py)`", shown_by)
    assert files
    for file in files:
        named = [name for name in names_in(ROOT / file) if name.startswith(f"test_security_{row}_")]
        assert named, f"no test in {file} has {row} in its name"


def test_every_test_of_security_belongs_to_a_row() -> None:
    words = {row[0] for row in ROWS}
    strays = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in names_in(path)
        if not any(name.startswith(f"test_security_{word}_") for word in words)
    ]
    assert strays == []


def test_no_row_stands_twice() -> None:
    words = [row[0] for row in ROWS]
    assert len(words) == len(set(words)) > 30
