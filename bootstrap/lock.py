"""Makes the locked, hashed requirement files again: `python bootstrap/lock.py`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("requirements", "requirements-dev", "requirements-node")
HEADER = "# Made from {name}.txt by: python bootstrap/lock.py\n"
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
)


def lock(uv: Path, name: str, *, upgrade: bool) -> None:
    """Write `<name>.lock`; versions already locked stay unless `upgrade`."""
    target = ROOT / f"{name}.lock"
    command = [str(uv), "pip", "compile", *OPTIONS, f"{name}.txt", f"--output-file={target.name}"]
    subprocess.run([*command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)  # noqa: S603 - fixed program
    target.write_text(HEADER.format(name=name) + target.read_text("utf-8"), encoding="utf-8")


def main(arguments: list[str]) -> int:
    uv = Path(sysconfig.get_path("scripts")) / ("uv.exe" if os.name == "nt" else "uv")
    if not uv.exists():
        sys.stderr.write(
            "uv is missing: run ./test once, then .venv/bin/python bootstrap/lock.py\n"
        )
        return 1
    for name in NAMES:
        lock(uv, name, upgrade="--upgrade" in arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
