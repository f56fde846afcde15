"""The data API: names, rows, pages, tags, keys, and names that mean no dataset."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from flask_openapi.openapi import OpenAPI
from sqlalchemy import update

from auxiliares import Settings
from backend import create_app
from metadb.engine import DatabaseAddress, unit_of_work
from models import Dataset, DatasetVersion
from services.clock import database_now
from tests.integration.conftest import FILE_KEY, Cast

CONTENT = 'COD;NOME;VALOR;DATA;QTD\n007;"João; Silva";1.50;01/02/2024;1\n008;;-2.5;;\n'
COLUMNS = [
    {"name": "COD", "type": "text", "native_type": "text"},
    {"name": "NOME", "type": "text", "native_type": "text"},
    {"name": "VALOR", "type": "decimal", "native_type": "numeric"},
    {"name": "DATA", "type": "date", "native_type": "date"},
    {"name": "QTD", "type": "integer", "native_type": "int4"},
]
TEXT = (
    '[{"COD":"007","NOME":"João; Silva","VALOR":1.50,"DATA":"01/02/2024","QTD":1},'
    '{"COD":"008","NOME":null,"VALOR":-2.5,"DATA":null,"QTD":null}]'
)


def publish(settings: Settings, name: str, content: str, attempt: int = 1) -> int:
    """What a successful run leaves behind: an immutable file and the pointer to it."""
    settings.paths.versions.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    file_name = f"{digest[:20]}-{attempt}.csv"
    (settings.paths.versions / file_name).write_text(content, encoding="utf-8", newline="")
    with unit_of_work() as session:
        dataset = session.query(Dataset).filter_by(name=name).one_or_none()
        if dataset is None:
            dataset = Dataset(name=name, name_key=name.casefold())
            session.add(dataset)
            session.flush()
        version = DatasetVersion(
            dataset_id=dataset.dataset_id,
            attempt=attempt,
            file_name=file_name,
            target_path=f"{name}.csv",
            size_bytes=len(content.encode()),
            rows=content.count("\n") - 1,
            sha256=digest,
            columns=COLUMNS,
            form={"delimiter": ";"},
            data_as_of=database_now(session),
        )
        session.add(version)
        session.flush()
        dataset.current_version_id = version.version_id
        return version.version_id


def put_file(settings: Settings, name: str, content: str) -> Path:
    file = settings.paths.csv_root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8", newline="")
    return file


def test_published_datasets_and_other_files_are_listed_sorted(
    cast: Cast, settings: Settings
) -> None:
    publish(settings, "vendas/diario", CONTENT)
    for name in ("vendas/diario.csv", "antigo.csv", "sub/b.csv", "notas.txt", ".oculto.csv"):
        put_file(settings, name, "A\n1\n")
    assert cast.api_key.get("/api/data/datasets").json == ["antigo", "sub/b", "vendas/diario"]


def test_nothing_published_is_an_empty_list(cast: Cast) -> None:
    assert cast.normal.get("/api/data/datasets").json == []


def test_rows_keep_their_order_types_and_digits(cast: Cast, settings: Settings) -> None:
    version = publish(settings, "vendas/diario", CONTENT)
    response = cast.api_key.get("/api/data/datasets/vendas/diario")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    # As text: member order, and 1.50 digit by digit, are part of the answer.
    assert response.text.strip() == TEXT
    assert response.headers["X-Dataset-Version"] == str(version)
    assert response.headers["X-Row-Count"] == "2"
    assert response.headers["X-Data-As-Of"].endswith("+00:00")
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_pages_of_rows(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    for query, codes in (
        ("", ["007", "008"]),
        ("limit=1", ["007"]),
        ("limit=1&offset=1", ["008"]),
        ("offset=1", ["008"]),
        ("offset=2", []),
        ("offset=999999999999999", []),
        ("limit=0", []),
        ("limit=99", ["007", "008"]),
        ("limit=&offset=", ["007", "008"]),
    ):
        response = cast.api_key.get(f"/api/data/datasets/d?{query}")
        assert (query, [row["COD"] for row in response.json]) == (query, codes)


def test_a_wrong_page_is_refused(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    too_long = "limit=" + "9" * 16
    for query in ("limit=-1", "limit=abc", "offset=-1", "offset=1.5", too_long, "limit=²"):
        response = cast.api_key.get(f"/api/data/datasets/d?{query}")
        assert (response.status_code, response.json["code"]) == (400, "page_invalid")
        assert response.json["error"]


def test_a_file_of_somebody_else_is_read_as_text(cast: Cast, settings: Settings) -> None:
    put_file(settings, "sub/antigo.csv", "COD;QTD\n007;1\n008;\n")
    response = cast.api_key.get("/api/data/datasets/sub/antigo")
    assert response.json == [{"COD": "007", "QTD": "1"}, {"COD": "008", "QTD": None}]
    assert "X-Dataset-Version" not in response.headers
    assert "ETag" in response.headers


def test_an_unknown_dataset_is_404_in_the_old_words(cast: Cast) -> None:
    response = cast.api_key.get("/api/data/datasets/nope")
    assert response.status_code == 404
    assert response.json["error"] == 'Dataset "nope" not found'
    assert response.json["code"] == "dataset_not_found"


ASTRAY = [
    "../segredo", "a/../../segredo", "..%2f..%2fsegredo", "%2e%2e/segredo", "a/./b",
    "..\\segredo", "a%5c..%5csegredo", "CON", "a/NUL", "x.", ".oculto", "a:b", "C:\\x",
    "x" * 300, "a/" * 30 + "b", "a\u202eb",
]  # fmt: skip


def test_a_name_that_leads_astray_is_refused_in_the_old_words(
    cast: Cast, settings: Settings
) -> None:
    put_file(settings, "a/b.csv", "A\n1\n")
    (settings.paths.csv_root.parent / "segredo.csv").write_text("SENHA\nx\n")
    for name in ASTRAY:
        response = cast.api_key.get(f"/api/data/datasets/{name}")
        assert (name, response.status_code) == (name, 400)
        assert response.json["error"] == "Invalid dataset name"


def test_other_strange_names_find_nothing(cast: Cast) -> None:
    for name in ("%00", "/etc/passwd", "//etc/passwd", "a//b", "a%0Ab", "%F0%9F"):
        response = cast.api_key.get(f"/api/data/datasets/{name}", follow_redirects=True)
        assert response.status_code in (400, 404, 422)
        assert "root:" not in response.text


def test_a_link_out_of_the_folder_is_not_followed(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("SENHA\nx\n")
    root = settings.paths.csv_root
    root.mkdir(parents=True)
    (root / "link.csv").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    assert cast.api_key.get("/api/data/datasets").json == []
    for name in ("link", "folder/secret"):
        assert cast.api_key.get(f"/api/data/datasets/{name}").status_code == 404


def test_an_unchanged_dataset_is_not_sent_again(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    path = "/api/data/datasets/d"
    tag = cast.api_key.get(path).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        response = cast.api_key.get(path, headers={"If-None-Match": sent})
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == tag
    publish(settings, "d", CONTENT + "009;;;;\n", attempt=2)
    response = cast.api_key.get(path, headers={"If-None-Match": tag})
    assert (response.status_code, len(response.json)) == (200, 3)


def test_head_tells_about_a_dataset_without_reading_it(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    response = cast.api_key.request("HEAD", "/api/data/datasets/d")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["X-Row-Count"] == "2"


def test_a_version_stays_readable_while_it_is_replaced_and_swept(
    app: OpenAPI, cast: Cast, settings: Settings
) -> None:
    long = CONTENT + "009;x;1;;1\n" * 200_000
    publish(settings, "d", long)
    response = app.test_client().get(
        "/api/data/datasets/d", headers={"X-API-Key": FILE_KEY}, buffered=False
    )
    chunks = response.response
    begun = next(iter(chunks))
    publish(settings, "d", CONTENT, attempt=2)
    for file in settings.paths.versions.iterdir():
        file.unlink()
    rows = json.loads(begun + b"".join(chunks))
    response.close()
    assert len(rows) == 200_002


def test_a_version_swept_between_look_up_and_opening_is_replaced_by_the_newer(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapi import datasets

    publish(settings, "d", CONTENT)
    find, found = datasets.readable_source, []

    def find_then_replace(name: str) -> datasets.Source:
        source = find(name)
        if not found:
            source.path.unlink()
            publish(settings, "d", CONTENT + "009;;;;\n", attempt=2)
        found.append(source)
        return source

    monkeypatch.setattr(datasets, "readable_source", find_then_replace)
    response = cast.api_key.get("/api/data/datasets/d")
    assert (response.status_code, len(response.json)) == (200, 3)
    assert response.headers["X-Dataset-Version"] == "2"


def test_a_lost_file_is_an_error_and_not_half_an_answer(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    next(settings.paths.versions.iterdir()).unlink()
    response = cast.api_key.get("/api/data/datasets/d")
    assert (response.status_code, response.json["code"]) == (500, "dataset_unreadable")
    assert str(settings.paths.versions) not in response.text


def test_a_file_of_the_wrong_encoding_is_an_error_in_words(cast: Cast, settings: Settings) -> None:
    file = put_file(settings, "latin.csv", "")
    file.write_bytes("NOME\nJoão\n".encode("latin-1"))
    response = cast.api_key.get("/api/data/datasets/latin")
    assert (response.status_code, response.json["code"]) == (500, "dataset_unreadable")


def test_a_dataset_without_a_version_leaves_the_old_file_readable(
    cast: Cast, settings: Settings, job_id: int
) -> None:
    put_file(settings, "vendas/diario.csv", "A\n1\n")
    assert cast.api_key.get("/api/data/datasets").json == ["vendas/diario"]
    assert cast.api_key.get("/api/data/datasets/vendas/diario").json == [{"A": "1"}]


def test_no_transaction_is_open_while_rows_are_sent(
    app: OpenAPI, cast: Cast, settings: Settings
) -> None:
    publish(settings, "d", CONTENT + "009;x;1;;1\n" * 200_000)
    response = app.test_client().get(
        "/api/data/datasets/d", headers={"X-API-Key": FILE_KEY}, buffered=False
    )
    next(iter(response.response))
    with unit_of_work() as session:  # would wait for ever behind an open reader
        session.execute(update(Dataset).values(current_version_id=None))
    response.close()


@pytest.mark.parametrize("sample", ["sua-chave-api", "CHANGEME", " ", "chave-api-1"])
def test_sample_keys_of_documentation_open_nothing(
    settings: Settings, metadata_db: DatabaseAddress, sample: str
) -> None:
    keys = {"api_keys": [sample]}
    changed = settings.model_copy(update={"data_api": settings.data_api.model_validate(keys)})
    client = create_app(changed).test_client()
    response = client.get("/api/data/datasets", headers={"X-API-Key": sample})
    assert response.status_code == 401
