"""The checker itself: a ledger that kept its promises passes, each broken promise is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.chaos.ground import Case, Ground
from tests.chaos.invariants import Expected, Findings, check, rows

# The first of them waits for the fixture.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def kept(ground: Ground) -> Iterator[tuple[Case, Expected]]:
    """A case in which one daemon ran both jobs and nobody harmed it.

    `accepted` is one run that succeeded. A minute that ends while the daemon starts leaves two
    slots a job, of which the policy for missed ones cancels the older.
    """
    case = ground.case("kept")
    case.make_due()
    daemon = case.start("daemon")
    case.wait_for_rest()
    until = case.stop_scheduling()
    case.wait_for_rest()
    daemon.stop()
    assert case.since is not None
    with closing(case.connect()) as connection:
        succeeded = rows(connection, "select min(run_id) from runs where state = 'succeeded'")
    return case, Expected(case.calendars, case.since, until, accepted=[succeeded[0].min])


def _checked(kept: tuple[Case, Expected], damage: str = "", **seen: set[str]) -> Findings:
    """The findings after this SQL, which is undone again; `{run}` is the run that succeeded."""
    case, expected = kept
    with closing(case.connect()) as connection:
        if damage:
            connection.cursor().execute(damage.format(run=next(iter(expected.accepted))))
        # `with connection` would commit the damage.
        undone = _Uncommitted(connection)
        return check(
            undone,  # type: ignore[arg-type]
            expected,
            versions=case.data / "versions",
            exports=case.data / "csv",
            seen=seen,
        )


class _Uncommitted:
    """The connection, whose blocks end without a commit."""

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def test_kept_promises_pass(kept: tuple[Case, Expected]) -> None:
    findings = _checked(kept)
    assert findings.violations == []
    counts = findings.counts
    assert counts["runs"] == counts["slots"] >= 2
    assert counts["publications"] == counts["runs succeeded"] >= 2
    assert counts["runs"] == counts["runs succeeded"] + counts.get("runs cancelled missed", 0)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("update runs set job_id = null where run_id = {run}", "has no row"),
        (
            "update runs set due_at = due_at + interval '1 ms' where run_id = {run}",
            "which is no slot",
        ),
        (
            (
                "drop index uq_runs_occurrence;"
                " insert into runs (job_id, job_name, due_at, trigger, state, reason)"
                " select job_id, job_name, due_at, trigger, 'cancelled', 'overlap'"
                " from runs where run_id = {run}"
            ),
            "has several rows",
        ),
        ("update runs set state = 'running' where run_id = {run}", "is stuck in state running"),
        ("update runs set state = 'queued' where run_id = {run}", "went from succeeded to queued"),
        (
            "update runs set state = 'cancelled', reason = 'whim' where run_id = {run}",
            "cancelled for no known reason",
        ),
        ("delete from chaos_runs where run_id = {run}", "was accepted and has no end"),
        (
            (
                "insert into chaos_versions select nextval('chaos_versions_seen_seq'), at, 99,"
                " dataset_id, run_id, 2, file_name, target_path, size_bytes, sha256, data_as_of"
                " from chaos_versions where run_id = {run}"
            ),
            "was published 2 times",
        ),
        ("delete from chaos_versions where run_id = {run}", "is succeeded, publications: []"),
        (
            (
                "insert into chaos_pointers (dataset_id, before, after)"
                " select dataset_id, after, 12345 from chaos_pointers limit 1"
            ),
            "points to 12345, no version",
        ),
        (
            (
                "update chaos_versions set data_as_of = '2020-01-01' where version_id = 1;"
                "insert into chaos_pointers (dataset_id, before, after) values (1, 2, 1)"
            ),
            "went back to version 1",
        ),
        (
            "update run_attempts set finished_at = null where run_id = {run}",
            "attempt 1 is still succeeded",
        ),
        (
            (
                "insert into procrastinate_jobs (queue_name, task_name, status)"
                " values ('runs', 'run.execute', 'doing')"
            ),
            "1 queue entries are left",
        ),
        ("update dataset_versions set sha256 = 'x'", "its version x"),
    ],
)
def test_broken_promise_is_named(kept: tuple[Case, Expected], damage: str, words: str) -> None:
    assert words in "\n".join(_checked(kept, damage).violations)


@pytest.mark.parametrize(
    ("break_file", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "has hash"),
        (lambda path: path.with_name(".um.csv.0123456789ab.part").touch(), "was left behind"),
    ],
    ids=["torn", "leftover"],
)
def test_broken_file_is_named(
    kept: tuple[Case, Expected], break_file: Callable[[Path], object], words: str
) -> None:
    path = kept[0].data / "csv" / "chaos" / "um.csv"
    whole = path.read_bytes()
    path.unlink()  # the version is the same file by a hard link and must stay
    path.write_bytes(whole)
    break_file(path)
    try:
        assert words in "\n".join(_checked(kept).violations)
    finally:
        path.write_bytes(whole)
        for leftover in path.parent.glob("*.part"):
            leftover.unlink()


def test_content_of_no_version_is_named(kept: tuple[Case, Expected]) -> None:
    findings = _checked(kept, **{"um.csv": {"0" * 64}})
    assert "a reader of um.csv saw 000000000000" in "\n".join(findings.violations)
