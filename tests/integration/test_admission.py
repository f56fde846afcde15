"""When a queued run may start: slots of a connection, quiet hours, maintenance, overlap, rank."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection, Job, Maintenance, Run, Worker
from services import admission, claiming, ledger, runs, workers
from services.ledger import AttemptKey, Failure
from vocabulary import ErrorClass, RunState, Trigger, WaitingFor

ZONE = "UTC"
BOOM = Failure("boom", "It broke.", ErrorClass.TRANSIENT)
Make = Callable[..., int]


@pytest.fixture
def worker(metadata_db: DatabaseAddress) -> Worker:
    with unit_of_work() as session:
        return workers.register(
            session, name="w", host="h", pid=1, is_scheduler=False, concurrency=9
        )


@pytest.fixture
def connection_id(metadata_db: DatabaseAddress) -> int:
    with unit_of_work() as session:
        connection = Connection(name="loja", kind="postgres", username="u", options={}, max_runs=2)
        session.add(connection)
        session.flush()
        return connection.connection_id


@pytest.fixture
def make_run(connection_id: int) -> Make:
    """A queued run of a job of its own (or of `job_id`) that nobody has offered yet."""
    count = iter(range(1000))

    def make(job_id: int | None = None, **values: Any) -> int:
        with unit_of_work() as session:
            if job_id is None:
                job = Job(
                    job_name=f"j{next(count)}",
                    job_status="Y",
                    export_type="Único",
                    export_path="",
                    export_name="j",
                    check_parameter="N",
                    sql_script="select 1",
                    connection_id=connection_id,
                )
                session.add(job)
                session.flush()
                job_id = job.job_id
            run = Run(
                job_id=job_id,
                job_name="j",
                trigger=Trigger.MANUAL,
                state=RunState.QUEUED,
                attempt=1,
                **values,
            )
            session.add(run)
            session.flush()
            return run.run_id

    return make


def _offer() -> list[int]:
    with unit_of_work() as session:
        return admission.offer(session, zone=ZONE)


def _claim(run_id: int, worker: Worker, attempt: int = 1) -> WaitingFor | bool:
    """What keeps it from starting, or whether it was claimed: as a worker does it."""
    with unit_of_work() as session:
        claim = claiming.claim(session, AttemptKey(run_id, attempt), worker, zone=ZONE)
        return claim.hindrance or claim.is_ours


def _end(run_id: int) -> None:
    with unit_of_work() as session:
        assert ledger.fail(session, AttemptKey(run_id, 1), BOOM)


def _waiting_for(run_id: int) -> str | None:
    with unit_of_work() as session:
        return session.get_one(Run, run_id).waiting_for


def _job_of(run_id: int) -> int | None:
    with unit_of_work() as session:
        return session.get_one(Run, run_id).job_id


def _set(table: type[Connection | Maintenance | Run], **values: Any) -> None:
    with unit_of_work() as session:
        session.execute(update(table).values(**values))


def _entries() -> list[tuple[int, int]]:
    with unit_of_work() as session:
        found = session.execute(
            text("select (args->>'run_id')::int, priority from procrastinate_jobs order by id")
        )
        return [(run_id, priority) for run_id, priority in found]


def test_no_more_runs_are_offered_than_the_connection_has_slots(make_run: Make) -> None:
    made = [make_run() for _ in range(4)]
    assert _offer() == made[:2]
    assert [_waiting_for(run_id) for run_id in made] == [None, None, *["connection_limit"] * 2]
    # Nothing new to say the second time
    assert _offer() == []
    assert [run_id for run_id, _ in _entries()] == made[:2]


def test_end_of_a_run_lets_the_next_one_in(make_run: Make, worker: Worker) -> None:
    first, second, third, fourth = (make_run() for _ in range(4))
    _offer()
    assert _claim(first, worker) is True
    assert _claim(second, worker) is True
    assert _offer() == []
    _end(first)
    assert _offer() == [third]
    assert _waiting_for(fourth) == "connection_limit"


def test_higher_priority_goes_first_even_before_what_was_offered(
    make_run: Make, worker: Worker
) -> None:
    low = [make_run() for _ in range(3)]
    _offer()
    high = make_run(priority=5)
    assert _offer() == [high]
    assert _entries()[-1] == (high, 5)
    # Of the three that were offered only two may start: the least of them gives way
    assert _claim(low[1], worker) == WaitingFor.CONNECTION_LIMIT
    assert _claim(low[0], worker) is True
    assert _claim(high, worker) is True
    assert _waiting_for(low[1]) == "connection_limit"


def test_claims_in_the_same_moment_never_exceed_the_limit(make_run: Make, worker: Worker) -> None:
    made = [make_run() for _ in range(12)]
    with unit_of_work() as session:
        session.execute(update(Connection).values(max_runs=None))
        assert len(admission.offer(session, zone=ZONE)) == 12
    _set(Connection, max_runs=3)
    together = threading.Barrier(len(made))

    def claim(run_id: int) -> None:
        together.wait()
        _claim(run_id, worker)

    threads = [threading.Thread(target=claim, args=(run_id,)) for run_id in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work() as session:
        running = session.scalars(text("select run_id from runs where state = 'running'")).all()
    assert sorted(running) == made[:3]


def test_end_and_claim_in_the_same_moment_leave_nobody_waiting(
    make_run: Make, worker: Worker
) -> None:
    """The run that ends is locked by the claim it hinders, so its end sees who waits."""
    _set(Connection, max_runs=1)
    first = make_run()
    _offer()
    assert _claim(first, worker) is True
    second = make_run()
    with unit_of_work() as session:
        session.execute(
            text("update runs set queue_entry_id = -1 where run_id = :r"), {"r": second}
        )
    key = AttemptKey(second, 1)
    has_ended = threading.Event()

    def end() -> None:
        _end(first)
        has_ended.set()

    ending = threading.Thread(target=end)
    with unit_of_work() as session:
        hindrance = admission.hindrance_of(session, key, zone=ZONE)
        assert hindrance == WaitingFor.CONNECTION_LIMIT
        ending.start()
        # It should wait for the claim, which has looked at it
        assert not has_ended.wait(0.3)
        admission.park(session, key, hindrance)
    ending.join()
    assert _offer() == [second]


def test_run_waits_for_the_one_of_its_job_that_runs(make_run: Make, worker: Worker) -> None:
    first = make_run()
    job_id = _job_of(first)
    second, third = make_run(job_id), make_run(job_id)
    # Of several that wait only the first is offered
    assert _offer() == [first]
    assert [_waiting_for(run_id) for run_id in (second, third)] == ["overlap"] * 2
    assert _claim(first, worker) is True
    assert _claim(second, worker) == WaitingFor.OVERLAP
    _end(first)
    assert _offer() == [second]
    assert _claim(second, worker) is True


def test_runs_that_may_overlap_do(make_run: Make, worker: Worker) -> None:
    first = make_run(is_exclusive=False)
    second = make_run(_job_of(first), is_exclusive=False)
    assert _offer() == [first, second]
    assert _claim(first, worker) is True
    assert _claim(second, worker) is True


def test_two_runs_of_a_job_claimed_in_the_same_moment(make_run: Make, worker: Worker) -> None:
    first = make_run()
    second = make_run(_job_of(first))
    has_claimed = threading.Event()
    outcome: list[object] = []

    def claim_second() -> None:
        has_claimed.wait()
        try:
            outcome.append(_claim(second, worker))
        except IntegrityError:
            outcome.append("refused by the index")

    other = threading.Thread(target=claim_second)
    other.start()
    with unit_of_work() as session:
        assert ledger.claim(session, AttemptKey(first, 1), worker)
        has_claimed.set()
        other.join(0.3)
    other.join()
    assert outcome == ["refused by the index"]


def test_maintenance_lets_running_ones_end_and_nothing_start(
    make_run: Make, worker: Worker
) -> None:
    running, offered, waiting = (make_run() for _ in range(3))
    _offer()
    assert _claim(running, worker) is True
    _set(Maintenance, paused_at=datetime.now(UTC))
    assert _claim(offered, worker) == WaitingFor.MAINTENANCE
    assert _offer() == []
    assert [_waiting_for(run_id) for run_id in (offered, waiting)] == ["maintenance"] * 2
    _end(running)
    assert _offer() == []
    _set(Maintenance, paused_at=None)
    assert _offer() == [offered, waiting]


@pytest.mark.parametrize(
    ("start_h", "end_h", "is_quiet"), [(-1, 1, True), (1, 2, False), (-2, -1, False)]
)
def test_nothing_starts_in_quiet_hours(
    make_run: Make, worker: Worker, start_h: int, end_h: int, is_quiet: bool
) -> None:
    """One of the three spans midnight at any time of the day this test may run at."""
    now = datetime.now(UTC)
    hours = [(now + timedelta(hours=shift)).time() for shift in (start_h, end_h)]
    first, second = make_run(), make_run()
    _offer()
    _set(Connection, quiet_start=hours[0], quiet_end=hours[1])
    third = make_run()
    assert _claim(first, worker) == (WaitingFor.QUIET_HOURS if is_quiet else True)
    _set(Connection, max_runs=9)
    assert _offer() == ([] if is_quiet else [third])
    assert _waiting_for(third) == ("quiet_hours" if is_quiet else None)
    _set(Connection, quiet_start=None, quiet_end=None)
    assert _offer() == ([first, third] if is_quiet else [])
    assert _waiting_for(second) is None


def test_a_run_that_waits_for_quiet_hours_tells_their_end(make_run: Make) -> None:
    now = datetime.now(UTC)
    _set(Connection, quiet_start=(now - timedelta(hours=1)).time())
    made = make_run()
    for hours in (2, 3):  # they may be changed meanwhile
        end = now + timedelta(hours=hours)
        _set(Connection, quiet_end=end.time())
        assert _offer() == []
        assert _not_before(made) == end
        assert _offer() == []
    _set(Connection, quiet_start=None, quiet_end=None)
    assert _offer() == [made]
    assert _not_before(made) is None


def _not_before(run_id: int) -> datetime | None:
    with unit_of_work() as session:
        return session.get_one(Run, run_id).not_before


def test_quiet_hours_are_wall_clock_of_the_zone(make_run: Make) -> None:
    now = datetime.now(UTC)
    _set(Connection, quiet_start=(now - timedelta(hours=1)).time(), quiet_end=now.time())
    made = make_run()
    with unit_of_work() as session:
        # An hour earlier there
        assert admission.offer(session, zone="Etc/GMT+1") == []
    with unit_of_work() as session:
        assert admission.offer(session, zone="Etc/GMT-1") == [made]


def test_run_does_not_start_before_its_time(make_run: Make, worker: Worker) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    made = make_run(not_before=soon, waiting_for="spread")
    assert _offer() == []
    assert _claim(made, worker) == WaitingFor.SPREAD
    _set(Run, not_before=datetime.now(UTC) - timedelta(seconds=1))
    assert _offer() == [made]


def test_failed_attempt_that_is_tried_again_keeps_its_error(make_run: Make, worker: Worker) -> None:
    made = make_run()
    _offer()
    assert _claim(made, worker) is True
    with unit_of_work() as session:
        assert ledger.fail(session, AttemptKey(made, 1), BOOM, retry_in_s=60)
    with unit_of_work() as session:
        run = runs.get_run(session, made)
    assert (run.state, run.attempt, run.waiting_for, run.error_code) == (
        "queued",
        2,
        "retry",
        "boom",
    )
    assert run.retry_at == run.not_before == run.attempts[0].retry_at
    assert (run.attempts[0].state, run.attempts[0].error_class) == ("failed", "transient")
    # It is not offered before its time, and starts afresh then
    assert _offer() == []
    _set(Run, not_before=datetime.now(UTC) - timedelta(seconds=1))
    assert _offer() == [made]
    assert _claim(made, worker, attempt=2) is True
    with unit_of_work() as session:
        run = runs.get_run(session, made)
    assert (run.error_code, run.retry_at) == (None, None)
    assert [attempt.error_code for attempt in run.attempts] == ["boom", None]
    # The first attempt should not be able to end it any more
    with unit_of_work() as session:
        assert not ledger.fail(session, AttemptKey(made, 1), BOOM)


def test_claim_that_is_undone_leaves_no_attempt(make_run: Make, worker: Worker) -> None:
    made = make_run()
    _offer()
    assert _claim(made, worker) is True
    later = datetime.now(UTC) + timedelta(minutes=10)
    with unit_of_work() as session:
        assert ledger.put_back(session, AttemptKey(made, 1), WaitingFor.GATE, not_before=later)
    with unit_of_work() as session:
        run = runs.get_run(session, made)
    assert (run.state, run.waiting_for, run.not_before, run.attempts) == (
        "queued",
        "gate",
        later,
        [],
    )


def test_a_thousand_waiting_runs_cost_one_look(make_run: Make, worker: Worker) -> None:
    first = make_run()
    with unit_of_work() as session:
        session.execute(
            text(
                "insert into runs (job_id, job_name, trigger, state, is_exclusive)"
                " select job_id, job_name, trigger, 'queued', false"
                " from runs, generate_series(1, 1000) where run_id = :first"
            ),
            {"first": first},
        )
    assert len(_offer()) == 2
    assert len(_entries()) == 2
    with unit_of_work() as session:
        marked = session.scalar(
            text("select count(*) from runs where waiting_for = 'connection_limit'")
        )
    assert marked == 999
    assert _offer() == []


def test_midnight_lies_in_quiet_hours_that_span_it(make_run: Make) -> None:
    _set(Connection, quiet_start=time(0, 0), quiet_end=time(23, 59, 59, 999999))
    made = make_run()
    assert _offer() == []
    _set(Connection, quiet_start=time(23, 59, 59, 999999), quiet_end=time(0, 0))
    assert _offer() == [made]
