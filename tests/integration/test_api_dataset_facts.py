"""What the data API tells about datasets: columns, profile, versions, freshness and readers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import Dataset
from services.dataset_readers import tool_of
from tests.integration.conftest import Cast
from tests.integration.test_api_dataset_queries import ROWS
from tests.integration.test_api_datasets import publish, put_file
from tests.integration.test_api_key_scopes import key_with

BASE = "/api/data/datasets"


@pytest.fixture
def version(cast: Cast, settings: Settings) -> int:
    return publish(settings, "vendas/d", ROWS)


def get(cast: Cast, path: str) -> Any:
    response = cast.api_key.get(path)
    assert response.status_code == 200, response.text
    return response.json


def dataset_id(name: str) -> int:
    with unit_of_work() as session:
        return session.scalars(select(Dataset.dataset_id).where(Dataset.name == name)).one()


def test_datasets_are_listed_with_what_is_known_of_them(
    cast: Cast, settings: Settings, version: int
) -> None:
    put_file(settings, "antigo.csv", "A;B\n1;2\n")
    assert get(cast, BASE) == ["antigo", "vendas/d"]
    foreign, ours = get(cast, f"{BASE}?detail=1")
    assert (foreign["name"], foreign["rows"], foreign["size_bytes"]) == ("antigo", None, 8)
    assert (ours["version"], ours["rows"], ours["freshness"]) == (version, 4, None)
    assert ours["columns"][2] == {"name": "VALOR", "type": "decimal"}


def test_a_schema_names_columns_and_their_filters(
    cast: Cast, settings: Settings, version: int
) -> None:
    found = get(cast, f"{BASE}/vendas/d/schema")
    assert [one["name"] for one in found["columns"]] == ["COD", "NOME", "VALOR", "DATA", "QTD"]
    assert "contains" in found["columns"][0]["operators"]
    assert "contains" not in found["columns"][2]["operators"]
    tag = cast.api_key.get(f"{BASE}/vendas/d/schema").headers["ETag"]
    unchanged = cast.api_key.get(f"{BASE}/vendas/d/schema", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    # A dataset of that very name is what it was
    put_file(settings, "vendas/d/schema.csv", "A\n1\n")
    assert get(cast, f"{BASE}/vendas/d/schema") == [{"A": "1"}]


def test_a_profile_counts_what_the_columns_hold(cast: Cast, version: int) -> None:
    for _ in range(2):  # computed, then kept
        found = get(cast, f"{BASE}/vendas/d/profile")
        columns = {column["name"]: column for column in found["columns"]}
        assert (found["rows"], found["version"]) == (4, version)
        assert (columns["VALOR"]["min"], columns["VALOR"]["max"]) == ("-2.50", "100.00")
        assert columns["VALOR"]["quantiles"] == ["-2.50", "1.50", "20.00"]
        assert (columns["NOME"]["nulls"], columns["NOME"]["distinct"]) == (1, 3)
        assert columns["QTD"]["most_frequent"][0] == {"value": "1", "rows": 1}
        assert columns["DATA"]["max"] == "2024-02-01"


def test_versions_and_their_differences_are_told(
    cast: Cast, settings: Settings, version: int
) -> None:
    newer = publish(settings, "vendas/d", ROWS.replace("joana", "nova"), attempt=2)
    listed = get(cast, f"{BASE}/vendas/d/versions")
    assert [(v["version"], v["current"]) for v in listed] == [(newer, True), (version, False)]
    found = get(cast, f"{BASE}/vendas/d/diff?key=COD")
    assert (found["from_version"], found["to_version"], found["changed"]) == (version, newer, 1)
    publish(settings, "outro", ROWS, attempt=3)
    other = cast.api_key.get(f"{BASE}/outro/diff?key=COD&version={version}")
    assert (other.status_code, other.json["code"]) == (404, "version_not_found")


@pytest.mark.parametrize("fact", ["schema", "profile", "versions", "diff"])
def test_facts_stay_inside_the_scope_of_a_key(cast: Cast, version: int, fact: str) -> None:
    headers = {"X-API-Key": key_with(cast, datasets=["rh/*"], actions=["read", "status"])}
    answers = [
        cast.anonymous.get(f"{BASE}/{name}/{fact}", headers=headers)
        for name in ("vendas/d", "vendas/nada")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace("vendas/d", "vendas/nada") == answers[1].text
    status = cast.anonymous.get("/api/data/status", headers=headers)
    assert status.json["datasets"] == []


def test_an_expectation_makes_a_dataset_fresh_or_late(cast: Cast, version: int) -> None:
    path = f"/api/datasets/{dataset_id('vendas/d')}/expectation"
    assert cast.moderator.put(path, {"expected_by": "00:00"}).json["freshness"] == "fresh"
    with unit_of_work() as session:
        session.execute(text("update dataset_versions set data_as_of = now() - interval '3 days'"))
    (item,) = get(cast, "/api/data/status")["datasets"]
    assert (item["name"], item["freshness"], item["expected_by"]) == ("vendas/d", "late", "00:00")
    assert get(cast, f"{BASE}?detail=1")[0]["freshness"] == "late"
    (listed,) = cast.normal.get("/api/datasets").json
    assert (listed["freshness"], listed["expected_by"]) == ("late", "00:00")
    assert cast.moderator.put(path, {"expected_by": None}).json["freshness"] is None
    assert cast.moderator.put(path, {"expected_by": "25:00"}).status_code == 422
    assert cast.moderator.put(path, {}).status_code == 422


def test_who_reads_what_is_counted(cast: Cast, version: int) -> None:
    key = key_with(cast)
    agents = {"X-API-Key": key, "User-Agent": "curl/8.5.0"}
    size = len(cast.anonymous.get(f"{BASE}/vendas/d", headers=agents).data)
    size += len(cast.anonymous.get(f"{BASE}/vendas/d.csv", headers=agents).data)
    cast.normal.get(f"{BASE}/VENDAS/d?limit=1", headers={"User-Agent": "Mozilla/5.0"})
    # What was refused, or only asked for its size, was not read
    cast.anonymous.get(f"{BASE}/vendas/d?nada=1", headers=agents)
    cast.anonymous.request("HEAD", f"{BASE}/vendas/d", headers=agents)
    found = cast.normal.get(f"/api/datasets/{dataset_id('vendas/d')}/readers").json
    by_kind = {row["kind"]: row for row in found}
    assert by_kind.keys() == {"key", "user"}
    by_key, by_user = by_kind["key"], by_kind["user"]
    assert (by_key["reader"], by_key["tool"]) == ("Excel", "curl")
    assert (by_key["reads"], by_key["bytes_sent"]) == (2, size)
    assert (by_user["reader"], by_user["tool"], by_user["reads"]) == ("normal_user", "browser", 1)
    cast.anonymous.get(f"{BASE}/vendas/d", headers={**agents, "If-None-Match": "*"})
    again = cast.normal.get(f"/api/datasets/{dataset_id('vendas/d')}/readers").json
    assert [row["reads"] for row in again if row["kind"] == "key"] == [3]
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(again[0]["last_read_at"])
    assert abs(age.total_seconds()) < 120


def test_reads_by_sql_and_odata_are_counted(cast: Cast, settings: Settings, version: int) -> None:
    publish(settings, "vendas/e", ROWS, attempt=2)
    publish(settings, "vendas/f", ROWS, attempt=3)
    agents = {"X-API-Key": key_with(cast, actions=["read", "sql"]), "User-Agent": "PowerBI/2.140"}
    joined = 'SELECT count(*) AS n FROM "vendas/d" a JOIN "vendas/e" b ON a.COD = b.COD'
    by_sql = cast.anonymous.post("/api/data/sql", {"sql": joined}, headers=agents)
    assert by_sql.status_code == 200, by_sql.text
    size = len(by_sql.data)
    size += len(cast.anonymous.get("/api/data/odata/vendas__e?$top=1", headers=agents).data)
    size += len(cast.anonymous.get("/api/data/odata/vendas__e/$count", headers=agents).data)
    # What fails has read nothing
    cast.anonymous.get("/api/data/odata/vendas__f?$top=x", headers=agents)
    cast.anonymous.post("/api/data/sql", {"sql": 'SELECT nada FROM "vendas/f"'}, headers=agents)

    def reads(name: str) -> list[tuple[str, int, int]]:
        found = cast.normal.get(f"/api/datasets/{dataset_id(name)}/readers").json
        return [(row["tool"], row["reads"], row["bytes_sent"]) for row in found]

    assert reads("vendas/d") == [("Power BI", 1, len(by_sql.data))]
    assert reads("vendas/e") == [("Power BI", 3, size)]
    assert reads("vendas/f") == []


@pytest.mark.parametrize(
    ("user_agent", "tool"),
    [
        ("Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)", "Power Query"),
        ("PowerBI/2.140", "Power BI"),
        ("Mozilla/5.0 (Windows NT 10.0; Microsoft Excel 16.0)", "Excel"),
        ("Python-urllib/3.11", "Python"),
        ("python-requests/2.32.3", "Python"),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "browser"),
        ("\u0000x" * 500, "other"),
        ("", "other"),
    ],
)
def test_tools_are_known_by_what_they_call_themselves(user_agent: str, tool: str) -> None:
    assert tool_of(user_agent) == tool
