"""The long form: `python -m tests.chaos --kills 500 --freezes 50 --seed 1` prints a report.

It needs some minutes for every hundred kills and ends with 1 when a promise was broken, when there
were fewer publications than kills for the readers to see, or when the twin without the fence
found nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tests.chaos.report import as_text
from tests.chaos.storm import Plan, Report, storm


def _rage(plan: Plan) -> Report:
    with tempfile.TemporaryDirectory(prefix="asql-chaos-") as folder:
        Path(folder).chmod(0o755)  # root runs the servers by another account
        with storm(plan, Path(folder), lambda text: _tell(sys.stderr, text)) as raging:
            raging.rage()
            return raging.report


def _tell(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="kill -9 of any process")
    parser.add_argument("--freezes", type=int, default=50, help="freezes aimed at a publication")
    parser.add_argument("--twin", type=int, default=10, help="aimed freezes without the fence")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=20, help="jobs of each kind")
    parser.add_argument("--gap-s", type=float, default=1.2, help="mean pause between two faults")
    options = parser.parse_args(arguments)
    plan = Plan(options.seed, options.kills, options.freezes, options.jobs, options.gap_s)
    report = _rage(plan)
    _tell(sys.stdout, as_text(report))
    twin = _rage(Plan(options.seed, 0, options.twin, jobs=2, unfenced=True))
    found = twin.findings.counts["published twice"]
    _tell(
        sys.stdout,
        f"without the fence, {options.twin} aimed freezes: {found} runs found published twice",
    )
    publications = report.findings.counts["publications"]
    is_seen = publications >= options.kills and report.reads.get("files", 0) > publications
    if not is_seen:
        _tell(sys.stdout, f"too few: {publications} publications, reads {report.reads}")
    return 0 if is_seen and found and not report.findings.violations else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
