"""Pages that are kept in memory: nobody gets an older version or more than they may read."""

from __future__ import annotations

import gzip

import psycopg2
import pytest
from flask_openapi.openapi import OpenAPI

from auxiliares import Settings
from metadb import engine
from metadb.engine import DatabaseAddress, unit_of_work
from metadb.questions import Question
from models import ApiKey
from services import versions
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import CONTENT, publish
from webapi.state import state_of

PAGE = "/api/data/datasets/d?limit=10"
ONE = Question("one", "SELECT $1 + 1", ("integer",))


def _lost(settings: Settings) -> None:
    """From now on only what is in memory can be answered."""
    for file in settings.paths.versions.iterdir():
        file.unlink()


def test_page_asked_for_again_is_the_same_without_its_file(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    first = cast.api_key.get(PAGE)
    _lost(settings)
    again = cast.api_key.get(PAGE)
    assert (again.status_code, again.data) == (200, first.data)
    assert again.headers.get("ETag") == first.headers["ETag"]
    assert again.content_length == len(first.data)


def test_next_reader_gets_the_version_published_a_moment_ago(
    cast: Cast, settings: Settings
) -> None:
    old = publish(settings, "d", CONTENT)
    for attempt in range(2, 6):
        assert cast.api_key.get(PAGE).headers["X-Dataset-Version"] == str(old)
        old = publish(settings, "d", CONTENT + f"{attempt};;;;\n", attempt=attempt)
        found = cast.api_key.get(PAGE)
        assert found.headers["X-Dataset-Version"] == str(old)
        assert found.json[-1]["COD"] == str(attempt)


def test_restored_version_says_since_when_it_is_read(cast: Cast, settings: Settings) -> None:
    first = publish(settings, "d", CONTENT)
    assert len(cast.api_key.get(PAGE).json) == 2
    publish(settings, "d", CONTENT + "009;;;;\n", attempt=2)
    assert len(cast.api_key.get(PAGE).json) == 3
    with unit_of_work() as session:
        restored = versions.restore(session, first, restored_by="root").restored_at
    found = cast.api_key.get(PAGE)
    assert (found.headers["X-Dataset-Version"], len(found.json)) == (str(first), 2)
    assert restored is not None
    assert found.last_modified == restored.replace(microsecond=0)


def test_kept_page_is_one_of_its_own_for_each_query_form_and_encoding(
    cast: Cast, settings: Settings
) -> None:
    publish(settings, "d", CONTENT)
    for _ in range(2):
        assert [row["COD"] for row in cast.api_key.get(PAGE).json] == ["007", "008"]
        assert [row["COD"] for row in cast.api_key.get(f"{PAGE}&COD=008").json] == ["008"]
        assert cast.api_key.get(f"{PAGE}&format=csv").data.startswith(b"COD;NOME")
        assert len(cast.api_key.get(f"{PAGE}&offset=1").json) == 1
        packed = cast.api_key.get(PAGE, headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(packed.data) == cast.api_key.get(PAGE).data
        unchanged = {"If-None-Match": cast.api_key.get(PAGE).headers["ETag"]}
        assert cast.api_key.get(PAGE, headers=unchanged).status_code == 304


def test_page_with_its_total_and_link_keeps_both(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    asked = "/api/data/datasets/d?limit=1&VALOR__gte=-100&total=1"
    first = cast.api_key.get(asked)
    _lost(settings)
    again = cast.api_key.get(asked)
    assert again.headers["X-Total-Count"] == first.headers["X-Total-Count"] == "2"
    assert again.headers["Link"] == first.headers["Link"]


def test_file_that_nobody_published_is_read_anew(cast: Cast, settings: Settings) -> None:
    file = settings.paths.csv_root / "d.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("A\n1\n")
    assert cast.api_key.get(PAGE).json == [{"A": "1"}]
    file.unlink()
    assert cast.api_key.get(PAGE).status_code == 404


def test_page_too_large_to_keep_is_sent_whole_every_time(
    cast: Cast, settings: Settings, app: OpenAPI
) -> None:
    publish(settings, "d", CONTENT + f"009;{'x' * 200_000};;;\n" * 5)
    for _ in range(2):
        assert len(cast.api_key.get(PAGE).json) == 7
    kept = state_of(app).pages
    assert all(kept.find(key) is None for key in kept._values)


def test_key_stops_opening_kept_pages_with_its_end(
    cast: Cast, settings: Settings, app: OpenAPI
) -> None:
    publish(settings, "d", CONTENT)
    made = cast.root.post("/api/api-keys", {"name": "bi"}).json
    client, headers = app.test_client(), {"X-API-Key": made["key"]}
    assert client.get(PAGE, headers=headers).status_code == 200
    with unit_of_work() as session:
        session.get_one(ApiKey, made["api_key_id"]).dataset_patterns = ["other"]
    assert client.get(PAGE, headers=headers).status_code == 404
    cast.root.delete(f"/api/api-keys/{made['api_key_id']}")
    assert client.get(PAGE, headers=headers).status_code == 401


def test_question_survives_the_end_of_its_line(metadata_db: DatabaseAddress) -> None:
    assert engine.ask(ONE, 1) == [(2,)]
    with psycopg2.connect(**metadata_db.keywords()) as other, other.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )
    assert engine.ask(ONE, 41) == [(42,)]


def test_question_with_a_fault_keeps_its_line(metadata_db: DatabaseAddress) -> None:
    with pytest.raises(psycopg2.DataError):
        engine.ask(ONE, 2**31 - 1)
    assert engine.ask(ONE, 1) == [(2,)]
