"""Writes a bill of materials (CycloneDX 1.6, JSON) of every locked package; standard library only.

`python3 bootstrap/sbom.py sbom.json`. Made from the lock files alone, so it is the same on every
machine and needs no network; whether a version has known faults is another question.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PACKAGES = ROOT / "frontend" / "package-lock.json"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def document() -> dict[str, object]:
    """The bill of materials: what runs at the server, and what the interface is built of."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "automacaosql"}},
        "components": [*_python(), *_node()],
    }


def _python() -> Iterator[dict[str, object]]:
    for line in LOCK.read_text("utf-8").replace("\\\n", " ").splitlines():
        found = _PINNED.match(line)
        if found is not None:
            name = re.sub(r"[-_.]+", "-", found[1]).lower()
            hashes = [{"alg": "SHA-256", "content": text} for text in _HASH.findall(line)]
            yield _component(f"pkg:pypi/{name}@{found[2]}", name, found[2], hashes)


def _node() -> Iterator[dict[str, object]]:
    tree = json.loads(PACKAGES.read_text("utf-8"))["packages"]
    seen = set()
    for place, package in sorted(tree.items()):
        name = str(package.get("name") or place.rpartition("node_modules/")[2])
        version = str(package.get("version", ""))
        if not place or (name, version) in seen:
            continue
        seen.add((name, version))
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield _component(purl, name, version, []) | {
            "scope": "excluded" if package.get("dev") else "required"
        }


def _component(
    purl: str, name: str, version: str, hashes: list[dict[str, str]]
) -> dict[str, object]:
    return {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": name,
        "version": version,
        "hashes": hashes,
    }


def main(arguments: list[str]) -> int:
    """Write to the file that is named, else to the standard output."""
    text = json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
    if arguments:
        Path(arguments[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
