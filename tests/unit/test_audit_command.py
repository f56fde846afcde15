"""bootstrap/audit.py: faults are named, and silence is never called clean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootstrap import audit
from bootstrap.audit import NotAsked, node_faults, python_faults
from bootstrap.node import Node

FAULT = {"id": "CVE-2024-1", "fix_versions": ["2.1"]}


def python_answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages)})


def test_security_supply_chain_faults_are_named() -> None:
    answer = python_answer(
        {"name": "a", "version": "2.0", "vulns": [FAULT]},
        {"name": "b", "version": "1.0", "vulns": []},
    )
    assert list(python_faults(answer)) == ["a 2.0: CVE-2024-1, mended in 2.1"]
    found = {"auditReportVersion": 2, "vulnerabilities": {"c": {"severity": "high", "range": "<3"}}}
    assert list(node_faults(json.dumps(found))) == ["c <3: high"]
    assert list(node_faults('{"auditReportVersion": 2, "vulnerabilities": {}}')) == []


@pytest.mark.parametrize(
    "answer",
    [
        "", "No module named pip_audit", "[]", '{"dependencies": []}',
        python_answer({"name": "a", "skip_reason": "Dependency not found"}),
    ],
)  # fmt: skip
def test_security_supply_chain_a_list_that_is_silent_was_not_asked(answer: str) -> None:
    with pytest.raises(NotAsked):
        list(python_faults(answer))


@pytest.mark.parametrize("answer", ["", "npm error code E405", '{"error": {"code": "E405"}}'])
def test_security_supply_chain_a_registry_without_faults_was_not_asked(answer: str) -> None:
    with pytest.raises(NotAsked):
        list(node_faults(answer))


CLEAN = {"dependencies": [{"name": "a", "version": "1", "vulns": []}], "auditReportVersion": 2}


@pytest.mark.parametrize(
    ("answer", "code", "word"),
    [
        (json.dumps(CLEAN), 0, "none is known"),
        (json.dumps(CLEAN | {"vulnerabilities": {"c": {}}}), 1, "unknown severity"),
        ("Connection refused", 2, "NOT run"),
    ],
)
def test_the_command_says_what_it_knows(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    code: int,
    word: str,
) -> None:
    monkeypatch.setattr(audit, "_answer", lambda _command, _folder: answer)
    there = Node(Path("node"), Path("npm-cli.js"))
    monkeypatch.setattr(audit.node, "find_node", lambda _root, _python: there)
    assert audit.main() == code
    told = capsys.readouterr()
    assert word in told.out + told.err
