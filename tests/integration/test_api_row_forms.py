"""Rows over HTTP in every form, page after page, compressed, and not sent twice."""

from __future__ import annotations

import gzip
import io
import json
import re
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from sqlalchemy import text

from auxiliares import Settings
from metadb.engine import unit_of_work
from tests.integration.conftest import Cast
from tests.integration.test_api_dataset_queries import ROWS
from tests.integration.test_api_datasets import publish, put_file

D = "/api/data/datasets/d"


@pytest.fixture(autouse=True)
def version(cast: Cast, settings: Settings) -> int:
    return publish(settings, "d", ROWS)


def read(cast: Cast, path: str, **headers: str) -> Any:
    response = cast.api_key.get(path, headers=headers)
    assert response.status_code == 200, response.text
    return response


def test_filtered_rows_come_in_every_form(cast: Cast) -> None:
    query = "VALOR__gte=20&sort=-VALOR&columns=COD,VALOR,DATA"
    assert read(cast, f"{D}.csv?{query}").text == (
        "COD;VALOR;DATA\n07;100;15/01/2024\n009;20;31/12/2023\n"
    )
    assert read(cast, f"{D}.ndjson?{query}").text.splitlines()[0] == (
        '{"COD":"07","VALOR":100,"DATA":"15/01/2024"}'
    )
    assert read(cast, f"{D}?format=arrays&{query}").json[1] == ["009", 20, "31/12/2023"]
    assert read(cast, f"{D}?format=table&{query}&limit=1").json == {
        "columns": [
            {"name": "COD", "type": "text"},
            {"name": "VALOR", "type": "decimal"},
            {"name": "DATA", "type": "date"},
        ],
        "rows": [["07", 100, "15/01/2024"]],
    }
    for table in (
        pq.read_table(io.BytesIO(read(cast, f"{D}.parquet?{query}").data)),
        pa.ipc.open_stream(read(cast, f"{D}.arrow?{query}").data).read_all(),
    ):
        assert table.column("COD").to_pylist() == ["07", "009"]
        assert str(table.column("DATA")[0]) == "2024-01-15"
    sheet = openpyxl.load_workbook(io.BytesIO(read(cast, f"{D}.xlsx?{query}").data)).active
    assert [row[1] for row in sheet.iter_rows(values_only=True)] == ["VALOR", 100, 20]


def test_the_form_is_asked_for_in_three_ways(cast: Cast) -> None:
    kinds = {
        "format=ndjson": {},
        "": {"Accept": "application/x-ndjson"},
    }
    for query, headers in kinds.items():
        answer = read(cast, f"{D}?{query}", **headers)
        assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert read(cast, f"{D}.ndjson").data == answer.data
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for accept in (browser, "*/*", "application/json", "image/png"):
        assert read(cast, D, Accept=accept).headers["Content-Type"] == "application/json"


def test_text_is_written_in_the_dialect_that_is_asked_for(cast: Cast) -> None:
    brazil = read(cast, f"{D}.csv?dialect=excel_br&VALOR=1.5")
    assert brazil.data.decode("utf-8-sig").splitlines() == [
        "COD;NOME;VALOR;DATA;QTD",
        '007;"João; Silva";1,50;01/02/2024;1',
    ]
    options = "dialect.delimiter=|&dialect.date_format=iso&dialect.header=0"
    assert read(cast, f"{D}.csv?{options}&limit=1").text == "007|João; Silva|1.50|2024-02-01|1\n"
    wrong = cast.api_key.get(f"{D}.csv?dialect=excel_fr")
    assert (wrong.status_code, wrong.json["code"]) == (422, "dialect_invalid")


def test_a_foreign_file_comes_in_every_form(cast: Cast, settings: Settings) -> None:
    put_file(settings, "x.csv", 'A;B\n1\n2;""\n')
    assert read(cast, "/api/data/datasets/x.ndjson").text == (
        '{"A":"1","B":null}\n{"A":"2","B":""}\n'
    )
    assert read(cast, "/api/data/datasets/x.csv?A=2&dialect.delimiter=,").text == 'A,B\n2,""\n'


def pages(cast: Cast, path: str) -> list[list[Any]]:
    found = []
    while True:
        response = read(cast, path)
        found.append([row["COD"] for row in response.json])
        link = re.fullmatch(r'<(.+)>; rel="next"', response.headers.get("Link", ""))
        if link is None:
            return found
        path = link[1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=3", [["007", "008", "07"], ["009"]]),
        ("limit=4", [["007", "008", "07", "009"]]),
        ("limit=1&offset=2", [["07"], ["009"]]),
        ("limit=2&sort=-QTD", [["07", "009"], ["007", "008"]]),
        ("limit=1&sort=DATA,-COD", [["009"], ["07"], ["007"], ["008"]]),
        ("limit=1&sort=QTD&QTD__isnull=0", [["007"], ["009"], ["07"]]),
        ("limit=2&VALOR__gt=-5&columns=COD", [["007", "008"], ["07", "009"]]),
    ],
)
def test_pages_follow_each_other_by_their_links(
    cast: Cast, query: str, expected: list[list[str]]
) -> None:
    assert pages(cast, f"{D}?{query}") == expected


def test_pages_stay_with_the_version_they_began_with(cast: Cast, settings: Settings) -> None:
    first = read(cast, f"{D}?limit=2&sort=COD")
    path = first.headers["Link"].partition(">")[0][1:]
    publish(settings, "d", ROWS.replace("joana", "nova"), attempt=2)
    assert [row["NOME"] for row in read(cast, path).json] == ["joana", ""]
    for file in settings.paths.versions.iterdir():
        file.unlink()
    with unit_of_work() as session:
        session.execute(text("update dataset_versions set removed_at = now() where attempt = 1"))
    gone = cast.api_key.get(path)
    assert (gone.status_code, gone.json["code"]) == (410, "cursor_expired")
    for mark in ("x", "W10", "é", "A" * 500):
        wrong = cast.api_key.get(f"{D}?after={mark}")
        assert (wrong.status_code, wrong.json["code"]) == (400, "cursor_invalid")


def test_answers_are_compressed_for_who_understands_it(cast: Cast) -> None:
    plain = read(cast, D)
    packed = read(cast, D, **{"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    best = read(cast, D, **{"Accept-Encoding": "gzip, zstd"})
    reader = zstandard.ZstdDecompressor().decompressobj()
    assert reader.decompress(best.data) == plain.data
    refused = read(cast, D, **{"Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in refused.headers
    assert len({answer.headers["ETag"] for answer in (plain, packed, best)}) == 3
    # It should not pack what is packed
    assert (
        "Content-Encoding" not in read(cast, f"{D}.parquet", **{"Accept-Encoding": "gzip"}).headers
    )


@pytest.mark.parametrize("form", ["", ".csv", ".xlsx?limit=1", ".ndjson", "?sort=COD"])
def test_what_did_not_change_is_not_sent_again(
    cast: Cast, settings: Settings, version: int, form: str
) -> None:
    first = read(cast, f"{D}{form}")
    assert first.headers["X-Dataset-Version"] == str(version)
    for headers in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = cast.api_key.get(f"{D}{form}", headers=headers)
        assert (again.status_code, again.data) == (304, b"")
    publish(settings, "d", ROWS, attempt=2)
    changed = cast.api_key.get(f"{D}{form}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_json_is_what_it_was(cast: Cast) -> None:
    sent = read(cast, D).text
    assert json.loads(sent)[1] == {
        "COD": "008", "NOME": None, "VALOR": -2.5, "DATA": None, "QTD": None
    }  # fmt: skip
    assert sent.startswith('[{"COD":"007","NOME":"João; Silva","VALOR":1.50,')
