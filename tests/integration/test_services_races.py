"""Two people at the same moment: nothing is lost, doubled or left without a root."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import select

from auxiliares import AutomacaoError, Settings
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection, Dataset, User
from services import connections, jobs, users
from services.connections import ConnectionFields
from services.jobs import JobFields
from vocabulary import Role


def at_once(*actions: Callable[[], object]) -> list[str]:
    """Run every action in a thread of its own; `ok` or the code of its error, sorted."""
    start = threading.Barrier(len(actions))
    results: list[str] = []

    def run(action: Callable[[], object]) -> None:
        start.wait(10)
        try:
            action()
        except AutomacaoError as exc:
            results.append(exc.code)
        else:
            results.append("ok")

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(results)


def add_connection(settings: Settings) -> int:
    fields = ConnectionFields(
        name="vendas", kind="postgres", host="h", database="d", username="u", password="p"
    )
    with unit_of_work() as session:
        made = connections.create_connection(session, fields, settings=settings, is_root=True)
        return made.connection_id


def job_fields(**changes: object) -> JobFields:
    fields = JobFields(job_name="a", export_path="p", export_name="n", sql_script="select 1")
    return fields | changes  # type: ignore[return-value]


def test_two_roots_who_demote_each_other_leave_one(metadata_db: DatabaseAddress) -> None:
    with unit_of_work() as session:
        for name in ("a", "b"):
            session.add(User(username=name, role=Role.ROOT, password_hash="x"))
            session.flush()

    def demote(user_id: int) -> None:
        with unit_of_work() as session:
            users.update_user(session, user_id, role="normal")

    assert at_once(lambda: demote(1), lambda: demote(2)) == ["last_root", "ok"]
    with unit_of_work() as session:
        assert len(session.scalars(select(User).where(User.role == Role.ROOT)).all()) == 1


def test_a_user_name_taken_in_the_same_moment_is_refused_in_words(
    metadata_db: DatabaseAddress,
) -> None:
    def create() -> None:
        with unit_of_work() as session:
            users.create_user(session, "maria", "uma senha boa", "normal")

    assert at_once(create, create, create) == ["ok", "user_exists", "user_exists"]


def test_a_connection_name_taken_in_the_same_moment_is_refused_in_words(
    metadata_db: DatabaseAddress, settings: Settings
) -> None:
    results = at_once(*[lambda: add_connection(settings)] * 3)
    assert results == ["connection_exists", "connection_exists", "ok"]
    with unit_of_work() as session:
        assert len(session.scalars(select(Connection)).all()) == 1


def test_of_two_changes_to_one_revision_one_is_kept(
    metadata_db: DatabaseAddress, settings: Settings
) -> None:
    add_connection(settings)
    with unit_of_work() as session:
        job = jobs.create_job(session, job_fields(), settings=settings, created_by_id=None)
        job_id = job.job_id

    def change(name: str) -> None:
        with unit_of_work() as session:
            jobs.update_job(
                session, job_id, JobFields(job_name=name), settings=settings, expected_revision=1
            )

    assert at_once(lambda: change("x"), lambda: change("y")) == ["ok", "revision_conflict"]
    with unit_of_work() as session:
        assert jobs.get_job(session, job_id).revision == 2


def test_of_two_jobs_for_one_file_one_is_saved(
    metadata_db: DatabaseAddress, settings: Settings
) -> None:
    add_connection(settings)

    def create() -> None:
        with unit_of_work() as session:
            jobs.create_job(session, job_fields(), settings=settings, created_by_id=None)

    assert at_once(create, create) == ["ok", "target_taken"]
    with unit_of_work() as session:
        assert len(session.scalars(select(Dataset)).all()) == 1
