"""Tags of jobs: one spelling for all, found by them, and part of all that a job is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from metadb.engine import unit_of_work
from services.tags import NEW_TAG_LOCK, as_others_write
from tests.integration.conftest import Cast, job_body
from tests.waiting import wait_for


def make(cast: Cast, name: str, *tags: str) -> int:
    body = job_body(job_name=name, export_name=name, tags=list(tags))
    response = cast.moderator.post("/api/jobs", body)
    assert response.status_code == 201, response.text
    return int(response.json["job_id"])


def tags_of(cast: Cast, job_id: int) -> list[str]:
    found: list[str] = cast.normal.get(f"/api/jobs/{job_id}").json["tags"]
    return found


def in_use(cast: Cast) -> dict[str, int]:
    return {one["tag"]: one["jobs"] for one in cast.normal.get("/api/tags").json}


def test_all_jobs_write_a_tag_as_the_first_one_does(cast: Cast, job_id: int) -> None:
    assert (tags_of(cast, job_id), in_use(cast)) == ([], {})
    first = make(cast, "a", " vendas ", "VENDAS", "Fechamento  mensal")
    second = make(cast, "b", "VENDAS", "fechamento mensal", "ação")
    assert tags_of(cast, first) == ["Fechamento mensal", "vendas"]
    assert tags_of(cast, second) == ["ação", "Fechamento mensal", "vendas"]
    assert list(in_use(cast).items()) == [("ação", 1), ("Fechamento mensal", 2), ("vendas", 2)]
    # What is sent back in other letters and another order changes nothing
    path = f"/api/jobs/{second}"
    same = cast.moderator.put(path, {"tags": ["Vendas", "Fechamento Mensal", "ação"]})
    assert same.json == {"msg": "no changes"}
    # Only a tag that no other job has is spelled anew
    assert cast.moderator.put(path, {"tags": ["Vendas", "AÇÃO"]}).json == {"msg": "updated"}
    assert tags_of(cast, second) == ["AÇÃO", "vendas"]
    # A tag ends with the last job that has it
    assert cast.moderator.delete(f"/api/jobs/{second}").status_code == 200
    assert in_use(cast) == {"Fechamento mensal": 1, "vendas": 1}


def test_jobs_are_listed_by_tags(cast: Cast, connection_id: int) -> None:
    make(cast, "a", "vendas", "diário")
    make(cast, "b", "vendas")
    make(cast, "c")

    def names(query: str) -> list[str]:
        return [job["job_name"] for job in cast.normal.get(f"/api/jobs?{query}").json]

    assert names("tag=vendas") == names("tag=Vendas&brief=1") == ["a", "b"]
    # Every one of them is asked for
    assert names("tag=vendas&tag=DI%C3%81RIO") == names("tag=di%C3%A1rio,vendas") == ["a"]
    assert names("tag=vendas&tag=outra") == names("tag=venda") == []
    assert names("tag=") == names("") == ["a", "b", "c"]


def test_wrong_tags_are_refused_at_creation_and_at_change_alike(cast: Cast, job_id: int) -> None:
    wrong: list[tuple[Any, str]] = [
        (["a,b"], "tags_invalid"),
        ([" "], "tags_invalid"),
        (["a" * 41], "tags_invalid"),
        (["a\x07b"], "tags_invalid"),
        ([str(n) for n in range(11)], "tags_invalid"),
        ("vendas", "validation_failed"),
        ([7], "validation_failed"),
        (None, "validation_failed"),
    ]
    for tags, code in wrong:
        created = cast.root.post("/api/jobs", job_body(export_name="outro", tags=tags))
        changed = cast.root.put(f"/api/jobs/{job_id}", {"tags": tags})
        for answer in (created, changed):
            assert (answer.status_code, answer.json["code"]) == (422, code), answer.text
            assert answer.json["errors"][0]["field"].startswith("tags")
    assert (tags_of(cast, job_id), in_use(cast)) == ([], {})


def test_tags_are_kept_compared_restored_copied_proposed_and_audited(
    cast: Cast, job_id: int
) -> None:
    path = f"/api/jobs/{job_id}"
    assert cast.moderator.put(path, {"tags": ["vendas"]}).json == {"msg": "updated"}
    # What says nothing of tags leaves them
    assert cast.moderator.put(path, job_body(job_name="Outro")).json == {"msg": "updated"}
    assert tags_of(cast, job_id) == ["vendas"]
    versions = cast.normal.get(f"{path}/versions").json
    assert [one["changed"] for one in versions[:2]] == [["job_name"], ["tags"]]
    diff = cast.normal.get(f"{path}/versions/1/diff?to=2").json
    assert diff["fields"] == [{"field": "tags", "before": [], "after": ["vendas"]}]

    clone = cast.normal.post(f"{path}/clone", {"job_name": "Cópia"}).json["job_id"]
    assert tags_of(cast, clone) == ["vendas"]

    sent = {"changes": {"tags": ["Vendas", "loja"]}}
    made = cast.normal.post(f"{path}/proposals", sent).json["proposal_id"]
    assert tags_of(cast, job_id) == ["vendas"]
    assert cast.root.post(f"/api/proposals/{made}/approve", {}).status_code == 200
    assert tags_of(cast, job_id) == ["loja", "vendas"]

    assert cast.moderator.post(f"{path}/versions/1/restore").json == {"msg": "updated"}
    assert tags_of(cast, job_id) == []
    with unit_of_work() as session:
        changes = session.execute(
            text(
                "select before->'tags', after->'tags' from audit where entity = 'jobs_he'"
                " and action = 'changed' and after ? 'tags' order by audit_id"
            )
        )
        assert [tuple(change) for change in changes] == [
            ([], ["vendas"]),
            (["vendas"], ["loja", "vendas"]),
            (["loja", "vendas"], []),
        ]


def test_two_people_who_write_a_new_tag_at_once_write_it_in_one_way(
    cast: Cast, job_id: int
) -> None:
    waits = text(
        "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        f" and objid = {NEW_TAG_LOCK}"
    )

    def second() -> list[str]:
        with unit_of_work() as session:
            return as_others_write(session, ["vendas"], None)

    def is_waiting() -> bool:
        with unit_of_work() as session:
            return session.scalar(waits) == 1

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work() as session:
            tags = as_others_write(session, ["Vendas"], job_id)
            session.execute(text("update jobs_he set tags = :tags"), {"tags": tags})
            answer = pool.submit(second)
            wait_for(is_waiting, timeout_s=60, what="the second to wait")
        assert answer.result(timeout=60) == ["Vendas"]
