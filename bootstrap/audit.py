"""Asks the public lists of known faults about every locked package; needs a network that has them.

`.venv/bin/python bootstrap/audit.py`. Ends with 0 when every package was looked up and none is
known to be faulty, with 1 when one is, and with 2 when a list could not be asked: that is never
called clean. No build needs it. pip-audit is not locked with the rest: install it beside, when
asked to.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bootstrap import node
from bootstrap.messages import CannotGoOn, say

ROOT = Path(__file__).resolve().parents[1]
CLEAN, FAULTY, NOT_RUN = 0, 1, 2
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
Ask = Callable[[Sequence[str], Path], str]


def main() -> int:
    """Ask both lists; the worst of what they say."""
    faults, silent = [], []
    for name, look in (("pip-audit", _python), ("npm audit", _node)):
        try:
            faults += list(look(_answer))
        except NotAsked as exc:
            silent.append(f"{name} was NOT run: {exc}")
    for line in (*faults, *silent):
        say(line)
    if not faults and not silent:
        say("Every locked package was looked up; none is known to be faulty.")
    return FAULTY if faults else NOT_RUN if silent else CLEAN


class NotAsked(Exception):
    """The list did not answer, or not about every package."""


def _python(ask: Ask) -> Iterator[str]:
    for lock in LOCKS:
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--format=json", "-r", lock]
        yield from python_faults(ask(command, ROOT))


def _node(ask: Ask) -> Iterator[str]:
    try:
        found = node.find_node(ROOT, Path(sys.executable))
    except CannotGoOn as exc:
        raise NotAsked(str(exc)) from exc
    yield from node_faults(ask(found.npm("audit", "--json"), ROOT / "frontend"))


def python_faults(answer: str) -> Iterator[str]:
    """What pip-audit found. Raises NotAsked, also when it has skipped a package."""
    packages = _parsed(answer).get("dependencies")
    if not packages:
        raise NotAsked(_shortened(answer))
    skipped = [one["name"] for one in packages if "vulns" not in one]
    if skipped:
        raise NotAsked(f"it knows nothing of {len(skipped)} packages, such as {skipped[0]}")
    for one in packages:
        for fault in one["vulns"]:
            fixed = ", ".join(fault.get("fix_versions", [])) or "no version yet"
            yield f"{one['name']} {one['version']}: {fault['id']}, mended in {fixed}"


def node_faults(answer: str) -> Iterator[str]:
    """What npm found. Raises NotAsked."""
    document = _parsed(answer)
    if "auditReportVersion" not in document:
        raise NotAsked(_shortened(answer))
    for name, fault in document.get("vulnerabilities", {}).items():
        yield f"{name} {fault.get('range', '')}: {fault.get('severity', 'of unknown severity')}"


def _answer(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    return done.stdout or done.stderr


def _parsed(answer: str) -> dict[str, Any]:
    try:
        document = json.loads(answer)
    except ValueError as exc:
        raise NotAsked(_shortened(answer)) from exc
    return document if isinstance(document, dict) else {}


def _shortened(answer: str) -> str:
    return " ".join(answer.split())[-300:] or "it said nothing"


if __name__ == "__main__":
    sys.exit(main())
