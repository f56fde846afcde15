"""What a storm did and what was seen, as text."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.storm import Report


def as_text(report: Report) -> str:
    """Faults, what they were out of, and every violation, with the bound the numbers allow."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    counts, violations = report.findings.counts, report.findings.violations
    yield f"seed {report.plan.seed}, {report.seconds:.0f} s"
    yield "faults fired: " + _listed(dict(sorted(report.faults.items())))
    yield "ledger: " + _listed(counts)
    yield "reads: " + _listed(report.reads)
    if report.recovery_s:
        middle, last = report.recovery_s[len(report.recovery_s) // 2], report.recovery_s[-1]
        yield (
            f"attempts of killed workers declared lost after: median {middle:.1f} s, "
            f"longest {last:.1f} s ({len(report.recovery_s)} attempts)"
        )
    for name, trials in _trials(report):
        yield f"{name}: 0 violations in {trials:,} bound the rate below {3 / trials:.3%} (95 %)"
    yield from report.notes
    yield f"violations: {len(violations)}"
    yield from violations[:50]


def _trials(report: Report) -> list[tuple[str, int]]:
    if report.findings.violations:
        return []
    counts = report.findings.counts
    found = [
        ("slots", counts["slots"]),
        ("runs", counts["runs"]),
        ("publications", counts["publications"]),
        ("reads", sum(report.reads.values())),
    ]
    return [(name, trials) for name, trials in found if trials]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items())
