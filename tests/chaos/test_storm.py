"""The short form of the storm: a few of every fault within half a minute, promises kept.

The long form is `python -m tests.chaos`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chaos.report import as_text
from tests.chaos.storm import Plan, storm

PLAN = Plan(seed=4, kills=8, freezes=1, jobs=2, gap_s=0.7, limit_s=120)


@pytest.mark.timeout(400)
def test_promises_are_kept_through_a_storm(
    reachable_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    with storm(PLAN, reachable_folder, told.append) as raging:
        raging.rage()
        report = raging.report
    text = as_text(report)
    with capsys.disabled():  # what was not tried is said aloud
        sys.stdout.writelines(f"\n{note}\n" for note in report.notes)
    assert report.findings.violations == [], text
    assert report.faults["publications refused"] >= report.faults["aimed freeze"] == 1, text
    assert sum(n for name, n in report.faults.items() if name.startswith("kill -9")) >= PLAN.kills
    assert report.findings.counts["slots"] >= 2 * PLAN.jobs, text
    assert report.findings.counts["publications"] >= report.findings.counts["slots"] / 2, text
    assert report.reads["files"] > 500, text
    assert report.reads["data API"] > 20, text
