"""The audit trail: who changed what, before and after, whichever way; never changed itself."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from metadb.engine import DatabaseAddress, unit_of_work
from models import Base
from tests.integration.conftest import Cast, connection_body, job_body

# Tables whose changes are no decision of a person, or are kept in a trail of their own.
NOT_AUDITED = {
    "audit": "the trail itself",
    "sessions": "logins and logouts are log records",
    "login_failures": "counted, then forgotten",
    "logs": "records of what happened",
    "job_versions": "written once, a trail of its own",
    "jobs_de": "the times of a job, in its versions",
    "run_attempts": "written by workers",
    "run_sets": "written by workers",
    "run_tables": "written by workers",
    "workers": "written by workers",
    "occurrence_spans": "written by the scheduler",
    "notification_events": "written by workers",
    "notification_items": "written by workers",
    "notifications": "written by workers",
    "dataset_readers": "who read, not who changed",
    "dataset_column_reads": "who read, not who changed",
    "recordings": "written by migrations",
}


def trail(entity: str) -> list[dict[str, Any]]:
    with unit_of_work() as session:
        rows = session.execute(
            text("select * from audit where entity = :entity order by audit_id"),
            {"entity": entity},
        )
        return [dict(row) for row in rows.mappings()]


def test_security_audit_every_table_is_audited_or_says_why_not(
    metadata_db: DatabaseAddress,
) -> None:
    with unit_of_work() as session:
        audited = set(
            session.scalars(
                text(
                    "select distinct tgrelid::regclass::text from pg_trigger"
                    " where tgname like 'audit_%' and tgname <> 'audit_keep'"
                )
            )
        )
    assert set(Base.metadata.tables) == audited | set(NOT_AUDITED)
    assert not audited & set(NOT_AUDITED)


def test_security_audit_a_change_has_who_before_and_after(cast: Cast, job_id: int) -> None:
    response = cast.moderator.put(f"/api/jobs/{job_id}", {"sql_script": "select 2 as n"})
    assert response.status_code == 200
    cast.moderator.delete(f"/api/jobs/{job_id}")
    created, changed, deleted = trail("jobs_he")
    assert (created["actor"], created["action"]) == ("root_user", "created")
    assert created["before"] is None
    assert created["after"]["sql_script"] == "select 1 as n"
    assert changed["actor"] == "moderator_user"
    assert changed["address"] == "127.0.0.1"
    assert changed["request_id"] == response.headers["X-Request-Id"]
    assert (changed["entity_id"], changed["entity_name"]) == (str(job_id), "Vendas diárias")
    assert changed["before"] == {"revision": 1, "sql_script": "select 1 as n"}
    assert changed["after"] == {"revision": 2, "sql_script": "select 2 as n"}
    assert (deleted["action"], deleted["after"]) == ("deleted", None)


def test_security_audit_secrets_are_never_in_it(cast: Cast) -> None:
    made = cast.root.post("/api/connections", connection_body(password="canario-um"))
    path = f"/api/connections/{made.json['connection_id']}"
    assert cast.root.put(path, {"password": "canario-dois"}).status_code == 200
    body = {"username": "ana", "password": "canario tres tigres", "role": "normal"}
    assert cast.root.post("/api/users", body).status_code == 201
    key = cast.root.post("/api/api-keys", {"name": "excel"}).json["key"]
    with unit_of_work() as session:
        everything = str(session.execute(text("select audit::text from audit")).all())
    for secret in ("canario", "argon2", "v1:", key, key.rpartition("_")[2]):
        assert secret not in everything
    changed = trail("connections")[1]
    # It is seen that the password changed.
    assert changed["after"] == {"password_encrypted": "***"}


def test_security_audit_what_failed_leaves_nothing(cast: Cast, job_id: int) -> None:
    before = len(trail("jobs_he"))
    assert cast.root.put(f"/api/jobs/{job_id}", {"sql_script": "delete from x"}).status_code == 422
    assert cast.root.post("/api/jobs", job_body(export_path="../x")).status_code == 422
    assert len(trail("jobs_he")) == before


def test_security_audit_a_run_by_hand_and_its_cancelling_are_in_it(cast: Cast, job_id: int) -> None:
    run = cast.moderator.post(f"/api/jobs/{job_id}/runs").json
    cast.root.post(f"/api/runs/{run['run_id']}/cancel")
    assert [(one["action"], one["actor"]) for one in trail("runs")] == [
        ("created", "moderator_user"),
        ("changed", "root_user"),
    ]


def test_security_audit_the_product_s_own_work_is_not_in_it(cast: Cast, job_id: int) -> None:
    before = len(trail("jobs_he"))
    with unit_of_work() as session:
        session.execute(text("update jobs_he set last_data_date = now()"))
    assert len(trail("jobs_he")) == before


def test_security_audit_whoever_goes_past_the_product_is_in_it(
    cast: Cast, job_id: int, metadata_db: DatabaseAddress
) -> None:
    keywords = {**metadata_db.keywords(), "application_name": "psql"}
    with psycopg2.connect(**keywords) as connection, connection.cursor() as cursor:
        cursor.execute("update jobs_he set job_name = 'por baixo'")
    connection.close()
    changed = trail("jobs_he")[-1]
    assert changed["actor"] == f"database:{metadata_db.user}"
    assert changed["after"] == {"job_name": "por baixo"}


@pytest.mark.parametrize(
    "statement", ["update audit set actor = 'x'", "delete from audit where false", "truncate audit"]
)
def test_security_audit_is_append_only(cast: Cast, job_id: int, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"), unit_of_work() as session:
        session.execute(text(statement))
    assert len(trail("jobs_he")) == 1


def test_security_audit_is_searched_and_exported(cast: Cast, job_id: int) -> None:
    cast.moderator.put(f"/api/jobs/{job_id}", {"job_name": "=cmd()|' '!A1"})
    found = cast.moderator.get("/api/audit?entity=jobs_he&action=changed").json
    assert found["total"] == 1
    assert found["items"][0]["after"]["job_name"] == "=cmd()|' '!A1"
    for query, count in (
        ("actor=moderator_user", 1), ("actor=nobody", 0), ("q=cmd()", 1), ("q=%25", 0),
        (f"entity=jobs_he&entity_id={job_id}", 2), ("until=2000-01-01T00:00:00Z", 0),
        ("since=2000-01-01T00:00:00Z&entity=jobs_he", 2),
    ):  # fmt: skip
        assert cast.root.get(f"/api/audit?{query}").json["total"] == count, query
    exported = cast.root.get("/api/audit/export?entity=jobs_he")
    assert exported.content_type.startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(exported.text)))
    assert [line["action"] for line in lines] == ["created", "changed"]
    # No cell is a formula.
    assert lines[1]["entity_name"].startswith("'=cmd()")
    assert json.loads(lines[1]["before"])["job_name"] == "Vendas diárias"
