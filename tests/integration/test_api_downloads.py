"""The file of a dataset over HTTP: its name, its tags, parts of it, and what is swept meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask_openapi.openapi import OpenAPI

from auxiliares import Settings
from tests.integration.conftest import FILE_KEY, Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file

FILE = "/api/data/datasets/vendas/diario?format=csv"


@pytest.fixture
def version(cast: Cast, settings: Settings) -> int:
    return publish(settings, "vendas/diario", CONTENT)


def test_the_file_is_sent_as_it_was_published(cast: Cast, version: int) -> None:
    for path in (FILE, "/api/data/datasets/vendas/diario.csv"):
        response = cast.api_key.get(path)
        assert (response.status_code, response.data) == (200, CONTENT.encode())
        headers = response.headers
        assert headers["Content-Type"] == "text/csv; charset=utf-8"
        assert headers["Content-Disposition"] == "attachment; filename=diario.csv"
        assert headers["Content-Length"] == str(len(CONTENT.encode()))
        assert headers["X-Dataset-Version"] == str(version)
        assert headers["X-Row-Count"] == "2"
        assert headers["Last-Modified"].endswith("GMT")
        assert headers["Cache-Control"] == "private, no-cache"
    for path in ("/api/data/datasets/vendas/diario?format=json", f"{FILE[:-4]}"):
        assert cast.api_key.get(path).headers["Content-Type"] == "application/json"


def test_a_name_of_any_letters_arrives_whole(cast: Cast, settings: Settings) -> None:
    publish(settings, "Relatório; São 'Paulo' 100%", CONTENT)
    path = "/api/data/datasets/Relat%C3%B3rio; S%C3%A3o 'Paulo' 100%25"
    header = cast.normal.get(f"{path}.csv").headers["Content-Disposition"]
    assert header == (
        "attachment; filename=\"Relatorio; Sao 'Paulo' 100%.csv\";"
        " filename*=UTF-8''Relat%C3%B3rio%3B%20S%C3%A3o%20%27Paulo%27%20100%25.csv"
    )


def test_an_unchanged_file_is_not_sent_again(cast: Cast, settings: Settings, version: int) -> None:
    first = cast.api_key.get(FILE)
    tag = first.headers["ETag"]
    # The same version as JSON is another answer.
    assert tag != cast.api_key.get("/api/data/datasets/vendas/diario").headers["ETag"]
    for sent in (
        {"If-None-Match": tag},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        response = cast.api_key.get(FILE, headers=sent)
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == tag
    publish(settings, "vendas/diario", CONTENT + "009;;;;\n", attempt=2)
    assert cast.api_key.get(FILE, headers={"If-None-Match": tag}).status_code == 200


def test_a_download_goes_on_where_it_broke_off(
    cast: Cast, settings: Settings, version: int
) -> None:
    tag = cast.api_key.get(FILE).headers["ETag"]
    whole, size = CONTENT.encode(), len(CONTENT.encode())
    part = cast.api_key.get(FILE, headers={"Range": "bytes=10-", "If-Range": tag})
    assert (part.status_code, part.data) == (206, whole[10:])
    assert part.headers["Content-Range"] == f"bytes 10-{size - 1}/{size}"
    last = cast.api_key.get(FILE, headers={"Range": "bytes=-5"})
    assert (last.status_code, last.data) == (206, whole[-5:])
    beyond = cast.api_key.get(FILE, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    # It should not append a part of the newer version
    publish(settings, "vendas/diario", CONTENT + "009;;;;\n", attempt=2)
    again = cast.api_key.get(FILE, headers={"Range": "bytes=10-", "If-Range": tag})
    assert (again.status_code, again.data) == (200, whole + b"009;;;;\n")


def test_parts_of_a_large_file_give_their_places_back(cast: Cast, settings: Settings) -> None:
    publish(settings, "vendas/diario", CONTENT + "009;x;1;;1\n" * 450_000)
    # More than may be under way at once: each must have ended with its last byte
    for _ in range(settings.backend.threads):
        part = cast.api_key.get(FILE, headers={"Range": "bytes=10-19"})
        assert (part.status_code, len(part.data)) == (206, 10)


def test_head_tells_the_size_of_the_file(cast: Cast, version: int) -> None:
    response = cast.api_key.request("HEAD", FILE)
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Content-Length"] == str(len(CONTENT.encode()))
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_file_stays_readable_while_it_is_replaced_and_swept(
    app: OpenAPI, cast: Cast, settings: Settings
) -> None:
    long = CONTENT + "009;x;1;;1\n" * 200_000
    publish(settings, "d", long)
    response = app.test_client().get(
        "/api/data/datasets/d.csv", headers={"X-API-Key": FILE_KEY}, buffered=False
    )
    chunks = iter(response.response)
    begun = next(chunks)
    publish(settings, "d", CONTENT, attempt=2)
    for file in settings.paths.versions.iterdir():
        file.unlink()
    assert begun + b"".join(chunks) == long.encode()
    response.close()


def test_a_file_swept_between_look_up_and_opening_is_replaced_by_the_newer(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    from webapi import datasets

    find, found = datasets.readable_source, []

    def find_then_replace(name: str) -> datasets.Source:
        source = find(name)
        if not found:
            source.path.unlink()
            publish(settings, "vendas/diario", "A\n1\n", attempt=2)
        found.append(source)
        return source

    monkeypatch.setattr(datasets, "readable_source", find_then_replace)
    assert cast.api_key.get(FILE).data == b"A\n1\n"


def test_a_lost_file_is_an_error(cast: Cast, settings: Settings, version: int) -> None:
    next(settings.paths.versions.iterdir()).unlink()
    response = cast.api_key.get(FILE)
    assert (response.status_code, response.json["code"]) == (500, "dataset_unreadable")
    assert str(settings.paths.versions) not in response.text


def test_the_suffix_is_a_part_of_the_name_where_a_dataset_has_it(
    cast: Cast, settings: Settings
) -> None:
    publish(settings, "a", "A\n1\n")
    assert cast.api_key.get("/api/data/datasets/a.csv").data == b"A\n1\n"
    publish(settings, "a.csv", CONTENT, attempt=2)
    assert cast.api_key.get("/api/data/datasets/a.csv").json[0]["COD"] == "007"
    assert cast.api_key.get("/api/data/datasets/a.csv.csv").data == CONTENT.encode()
    # It should give rows to who asks for them in so many words
    put_file(settings, "b.csv", "B\n2\n")
    assert cast.api_key.get("/api/data/datasets/b.csv?format=json").json == [{"B": "2"}]


def test_a_file_that_was_not_published_here_is_sent_too(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    put_file(settings, "sub/antigo.csv", "A,B\n1,2\n")
    response = cast.api_key.get("/api/data/datasets/sub/antigo.csv")
    assert (response.status_code, response.data) == (200, b"A,B\n1,2\n")
    assert "X-Dataset-Version" not in response.headers
    (tmp_path / "segredo.csv").write_text("SENHA\nx\n")
    (settings.paths.csv_root / "link.csv").symlink_to(tmp_path / "segredo.csv")
    assert cast.api_key.get("/api/data/datasets/link.csv").status_code == 404


def test_what_no_file_can_be_is_refused(cast: Cast, version: int) -> None:
    for path, code in (
        ("/api/data/datasets/vendas/diario?format=xls", "format_unknown"),
        ("/api/data/datasets/vendas/diario?format=CSV", "format_unknown"),
        ("/api/data/datasets/vendas/diario?format=file&limit=1", "page_invalid"),
        ("/api/data/datasets/vendas/diario?format=file&offset=3", "page_invalid"),
        ("/api/data/datasets/../segredo.csv", "dataset_name_invalid"),
        ("/api/data/datasets/CON.csv", "dataset_name_invalid"),
    ):
        response = cast.api_key.get(path)
        assert (path, response.status_code, response.json["code"]) == (path, 400, code)
    for name in ("nada.csv", "vendas/.csv", ".csv"):
        assert cast.api_key.get(f"/api/data/datasets/{name}").status_code in (400, 404)
    assert cast.anonymous.get(FILE).status_code == 401
