"""Jobs that run after others: exactly one run for each end, whoever ends it and however."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text, update

from auxiliares import Settings
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Job, Run
from services import ledger, runs, workers
from services.ledger import AttemptKey
from tests.executing import OneWorker, get_run
from tests.integration.conftest import Cast, job_body
from tests.integration.test_api_connections import real_body
from tests.sources import new_database
from vocabulary import Reason, RunState, Trigger

SCHEDULE = {"day": "Seg", "hour": "06", "minute": "00"}
MONDAY = datetime(2024, 3, 4, 9, tzinfo=UTC)
FAILS = "select 1/0 as n"


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    """One database for all: nothing is written to it."""
    return new_database(pg_server)


@pytest.fixture
def source(cast: Cast, address: DatabaseAddress) -> int:
    body = real_body(address, name="fonte")
    return int(cast.root.post("/api/connections", body).json["connection_id"])


@pytest.fixture
def worker(cast: Cast, settings: Settings) -> OneWorker:
    return OneWorker.of(settings)


class Jobs:
    """Makes active jobs by letter; `after` names what they follow."""

    def __init__(self, cast: Cast, source: int) -> None:
        self.cast, self.source = cast, source
        self.ids: dict[str, int] = {}

    def make(self, name: str, *after: tuple[str, str], **fields: Any) -> int:
        follows = [{"job_id": self.ids[other], "condition": how} for other, how in after]
        body = job_body(
            job_name=name,
            export_name=name.lower(),
            connection_id=self.source,
            job_status="Y",
            after=follows,
            **({} if after else {"schedule": SCHEDULE}),
        )
        response = self.cast.moderator.post("/api/jobs", body | fields)
        assert response.status_code == 201, response.text
        self.ids[name] = int(response.json["job_id"])
        return self.ids[name]

    def runs(self, name: str) -> list[Run]:
        with unit_of_work() as session:
            chosen = select(Run).where(Run.job_id == self.ids[name]).order_by(Run.run_id)
            return list(session.scalars(chosen))


@pytest.fixture
def jobs(cast: Cast, source: int) -> Jobs:
    return Jobs(cast, source)


def asked(job_id: int, **values: Any) -> int:
    with unit_of_work() as session:
        run = runs.enqueue_run(session, job_id, requested_by="ana")
        if values:
            session.execute(update(Run).where(Run.run_id == run.run_id).values(**values))
        return run.run_id


def outcome(found: list[Run]) -> list[tuple[str, str | None]]:
    return [(run.state, run.reason) for run in found]


WAITS = (RunState.QUEUED, None)


def test_each_end_starts_those_who_asked_for_it(jobs: Jobs, worker: OneWorker) -> None:
    jobs.make("A")
    for how in ("success", "failure", "completion"):
        jobs.make(how, ("A", how))

    first = worker.execute(asked(jobs.ids["A"], due_at=MONDAY, reference_date=None))
    assert first.state == RunState.SUCCEEDED
    assert [outcome(jobs.runs(n)) for n in ("success", "failure", "completion")] == [
        [WAITS], [], [WAITS],
    ]  # fmt: skip
    (follower,) = jobs.runs("success")
    assert (follower.trigger, follower.caused_by_run_id) == (Trigger.DEPENDENCY, first.run_id)
    # It should have the days of the run it follows, and be executed at once
    assert (follower.due_at, follower.reference_date) == (None, date(2024, 3, 4))
    assert follower.queue_entry_id is not None
    worker.execute_queued()

    with unit_of_work() as session:
        session.execute(
            update(Job).where(Job.job_id == jobs.ids["A"]).values(sql_script=FAILS, retry_limit=0)
        )
    assert worker.execute(asked(jobs.ids["A"])).state == RunState.FAILED
    assert [len(jobs.runs(n)) for n in ("success", "failure", "completion")] == [1, 1, 2]

    # A cancelled run is no failure
    cancelled = asked(jobs.ids["A"])
    with unit_of_work() as session:
        runs.request_cancel(session, cancelled, requested_by="ana")
    assert [len(jobs.runs(n)) for n in ("success", "failure", "completion")] == [1, 1, 3]


def test_a_chain_keeps_its_day_and_fails_after_the_last_retry_alone(
    jobs: Jobs, worker: OneWorker
) -> None:
    jobs.make("A", retry_limit=1, sql_script="select :hoje as d, 1/0 as n")
    jobs.make("B", ("A", "failure"), sql_script="select :hoje as d")
    jobs.make("C", ("B", "success"), sql_script="select :ontem as d")
    run_id = asked(jobs.ids["A"], due_at=MONDAY)
    with unit_of_work() as session:
        key = AttemptKey(run_id, 1)
        assert ledger.claim(session, key, worker.executor.worker)
    transient = ledger.Failure("source_unreachable", "Away.")
    with unit_of_work() as session:
        ledger.fail(session, key, transient, retry_in_s=0)
    # It should start nobody while it is tried again
    assert jobs.runs("B") == []
    assert worker.execute(run_id).state == RunState.FAILED
    assert len(jobs.runs("B")) == 1
    worker.execute_queued()
    worker.execute_queued()
    assert [run.binds for name in "BC" for run in jobs.runs(name)] == [
        {"hoje": "2024-03-04"},
        {"ontem": "2024-03-03"},
    ]


def test_a_run_that_nobody_starts_is_recorded_with_its_reason(
    cast: Cast, jobs: Jobs, worker: OneWorker
) -> None:
    jobs.make("A")
    jobs.make("inativa", ("A", "success"))
    jobs.make("pausada", ("A", "success"))
    jobs.make("fila", ("A", "success"))
    assert cast.moderator.put(f"/api/jobs/{jobs.ids['inativa']}/status", {"job_status": "N"})
    assert cast.moderator.put(f"/api/jobs/{jobs.ids['pausada']}/pause", {"paused": True})
    for _ in range(2):
        worker.execute(asked(jobs.ids["A"], due_at=MONDAY))
    assert outcome(jobs.runs("inativa")) == [(RunState.CANCELLED, Reason.JOB_INACTIVE)] * 2
    assert outcome(jobs.runs("pausada")) == [(RunState.CANCELLED, Reason.PAUSED)] * 2
    # One that waits for the same day will see what the second run made
    assert outcome(jobs.runs("fila")) == [WAITS, (RunState.CANCELLED, Reason.OVERLAP)]
    other_day = asked(jobs.ids["A"], due_at=MONDAY, reference_date=date(2024, 3, 5))
    worker.execute(other_day)
    assert outcome(jobs.runs("fila"))[2] == WAITS


def test_an_end_that_is_written_twice_starts_one_run(jobs: Jobs, worker: OneWorker) -> None:
    jobs.make("A")
    jobs.make("B", ("A", "completion"))
    run_id = asked(jobs.ids["A"])
    with unit_of_work() as session:
        assert ledger.claim(session, AttemptKey(run_id, 1), worker.executor.worker)
    barrier = threading.Barrier(3)

    def end() -> None:
        barrier.wait()
        with unit_of_work() as session:
            ledger.cancel(session, AttemptKey(run_id, 1), ledger.Failure("cancelled", "x"))
            ledger.announce_end(session, run_id)

    threads = [threading.Thread(target=end) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome(jobs.runs("B")) == [WAITS]


def test_nothing_follows_an_end_that_was_rolled_back(jobs: Jobs, worker: OneWorker) -> None:
    jobs.make("A")
    jobs.make("B", ("A", "completion"))
    run_id = asked(jobs.ids["A"])
    with pytest.raises(RuntimeError, match="undo"), unit_of_work() as session:
        runs.request_cancel(session, run_id, requested_by="ana")
        raise RuntimeError("undo")
    assert (get_run(run_id).state, jobs.runs("B")) == (RunState.QUEUED, [])


def test_a_run_that_was_lost_too_often_counts_as_failed(jobs: Jobs, worker: OneWorker) -> None:
    jobs.make("A")
    jobs.make("B", ("A", "failure"))
    run_id = asked(jobs.ids["A"])
    with unit_of_work() as session:
        assert ledger.claim(session, AttemptKey(run_id, 1), worker.executor.worker)
    for max_attempts, followers in ((2, 0), (1, 1)):
        with unit_of_work() as session:
            session.execute(update(Run).where(Run.run_id == run_id).values(state="running"))
            ledger.interrupt(
                session,
                AttemptKey(run_id, 1),
                reason=Reason.WORKER_LOST,
                failure=workers.LOST,
                max_attempts=max_attempts,
            )
            session.execute(text("delete from run_attempts where run_id = :id"), {"id": run_id})
        assert len(jobs.runs("B")) == followers


def test_what_a_job_follows_is_saved_shown_and_changed(cast: Cast, jobs: Jobs) -> None:
    first, second = jobs.make("A"), jobs.make("B", ("A", "failure"))
    shown = cast.normal.get(f"/api/jobs/{second}").json
    assert shown["after"] == [{"job_id": first, "condition": "failure", "job_name": "A"}]
    assert shown["schedule"]["day"] == ""
    assert shown["next_due_at"] is None
    followed = cast.normal.get(f"/api/jobs/{first}").json["followed_by"]
    assert followed == [{"job_id": second, "condition": "failure", "job_name": "B"}]
    listed = {job["job_name"]: job["after"] for job in cast.normal.get("/api/jobs").json}
    assert (listed["A"], listed["B"]) == ([], shown["after"])

    def change(**fields: Any) -> Any:
        return cast.moderator.put(f"/api/jobs/{second}", fields)

    assert change(after=[{"job_id": first, "condition": "failure"}]).json == {"msg": "no changes"}
    assert change(job_name="B2").json == {"msg": "updated"}
    assert cast.normal.get(f"/api/jobs/{second}").json["after"] == shown["after"]
    assert change(after=[{"job_id": first}]).json == {"msg": "updated"}
    assert cast.normal.get(f"/api/jobs/{second}").json["after"][0]["condition"] == "success"
    # It should still need a reason to run
    refused = change(after=[])
    assert (refused.status_code, refused.json["code"]) == (422, "job_without_slots")
    assert change(after=[], job_status="N").json == {"msg": "updated"}
    clone = cast.normal.post(f"/api/jobs/{second}/clone", {"job_name": "Cópia"}).json["job_id"]
    assert cast.normal.get(f"/api/jobs/{clone}").json["after"] == []


def test_circles_are_refused_with_the_way_round(cast: Cast, jobs: Jobs) -> None:
    jobs.make("A")
    jobs.make("B", ("A", "success"))
    jobs.make("C", ("B", "failure"), ("A", "success"))
    for name in ("A", "B", "C"):
        body = {"after": [{"job_id": jobs.ids["C"]}]}
        refused = cast.moderator.put(f"/api/jobs/{jobs.ids[name]}", body)
        assert (refused.status_code, refused.json["code"]) == (422, "dependency_cycle")
    assert "'C' after 'C'" in refused.json["detail"]
    around = cast.moderator.put(
        f"/api/jobs/{jobs.ids['B']}", {"after": [{"job_id": jobs.ids["C"]}]}
    )
    assert "'B' after 'C' after 'B'" in around.json["detail"]
    unknown = cast.moderator.put(f"/api/jobs/{jobs.ids['A']}", {"after": [{"job_id": 999}]})
    assert (unknown.status_code, unknown.json["code"]) == (422, "dependency_invalid")
    twice = {"after": [{"job_id": jobs.ids["A"]}, {"job_id": jobs.ids["A"]}]}
    assert cast.moderator.put(f"/api/jobs/{jobs.ids['B']}", twice).json["code"] == (
        "dependency_invalid"
    )


def test_two_changes_at_once_make_no_circle_together(cast: Cast, jobs: Jobs) -> None:
    jobs.make("A")
    jobs.make("B", schedule=SCHEDULE)
    answers = []

    def follow(name: str, other: str) -> None:
        body = {"after": [{"job_id": jobs.ids[other]}]}
        answers.append(cast.named(
            "moderator" if name == "A" else "root"
        ).put(f"/api/jobs/{jobs.ids[name]}", body).status_code)  # fmt: skip

    threads = [threading.Thread(target=follow, args=pair) for pair in (("A", "B"), ("B", "A"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 422]


def test_a_job_that_others_follow_is_not_deleted_in_silence(cast: Cast, jobs: Jobs) -> None:
    first, second = jobs.make("A"), jobs.make("B", ("A", "success"))
    refused = cast.moderator.delete(f"/api/jobs/{first}")
    assert (refused.status_code, refused.json["code"]) == (409, "job_has_followers")
    assert "B" in refused.json["detail"]
    assert cast.moderator.delete(f"/api/jobs/{first}?unlink=true").json == {"msg": "deleted"}
    assert cast.normal.get(f"/api/jobs/{second}").json["after"] == []
