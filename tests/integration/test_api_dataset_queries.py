"""The data API's filters, sorts, columns and totals, and what it says when they mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from auxiliares import Settings
from metadb.engine import unit_of_work
from models import DatasetVersion
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file
from tests.waiting import wait_for

ROWS = (
    'COD;NOME;VALOR;DATA;QTD\n007;"João; Silva";1.50;01/02/2024;1\n008;;-2.5;;\n'
    '07;"";100;15/01/2024;30\n009;joana;20;31/12/2023;4\n'
)


def codes(cast: Cast, query: str, name: str = "d") -> list[Any]:
    response = cast.api_key.get(f"/api/data/datasets/{name}?{query}")
    assert response.status_code == 200, response.text
    return [row["COD"] for row in response.json]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("COD=007", ["007"]),
        ("COD__ne=007", ["008", "07", "009"]),
        ("cod=07", ["07"]),
        ("VALOR__gte=20", ["07", "009"]),
        ("VALOR=1.5", ["007"]),
        ("VALOR__between=-3,1.50", ["007", "008"]),
        ("VALOR__gt=1&VALOR__lt=50", ["007", "009"]),
        ("QTD__in=1,30", ["007", "07"]),
        ('NOME__in="João; Silva",joana', ["007", "009"]),
        ("NOME__contains=JO", ["007", "009"]),
        ("NOME__startswith=joã", ["007"]),
        ("NOME__endswith=A", ["007", "009"]),
        ("NOME__isnull=1", ["008"]),
        ("NOME=", ["07"]),
        ("DATA__gte=2024-01-15", ["007", "07"]),
        ("DATA__lt=15/01/2024", ["009"]),
        ("DATA__isnull=false&sort=DATA", ["009", "07", "007"]),
        ("sort=-VALOR", ["07", "009", "007", "008"]),
        ("sort=VALOR&limit=2&offset=1", ["007", "009"]),
        ("sort=-QTD,COD", ["07", "009", "007", "008"]),
        ("sort=COD&limit=0", []),
        ("_=123456", ["007", "008", "07", "009"]),
    ],
)
def test_rows_are_filtered_and_sorted(
    cast: Cast, settings: Settings, query: str, expected: list[str]
) -> None:
    publish(settings, "d", ROWS)
    assert codes(cast, query) == expected


def test_rows_keep_their_form_when_they_are_filtered(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    response = cast.api_key.get("/api/data/datasets/d?VALOR__gt=0")
    assert response.text == (
        '[{"COD":"007","NOME":"João; Silva","VALOR":1.50,"DATA":"01/02/2024","QTD":1}]\n'
    )
    assert response.headers["X-Row-Count"] == "2"
    assert "ETag" in response.headers


@pytest.mark.parametrize("query", ["", "COD__gte=008&", "sort=-COD&"])
def test_chosen_columns_are_sent_in_their_order(cast: Cast, settings: Settings, query: str) -> None:
    publish(settings, "d", CONTENT)
    response = cast.api_key.get(f"/api/data/datasets/d?{query}columns=QTD,COD,QTD")
    assert '{"QTD":null,"COD":"008"}' in response.text


@pytest.mark.parametrize(
    ("query", "total"),
    [("", "4"), ("limit=1&", "4"), ("VALOR__gt=1&limit=1&", "3"), ("sort=COD&offset=9&", "4")],
)
def test_a_total_counts_the_rows_of_all_pages(
    cast: Cast, settings: Settings, query: str, total: str
) -> None:
    publish(settings, "d", ROWS)
    response = cast.api_key.get(f"/api/data/datasets/d?{query}total=1")
    assert response.headers["X-Total-Count"] == total
    assert "X-Total-Count" not in cast.api_key.get("/api/data/datasets/d").headers


@pytest.mark.parametrize(
    ("query", "code", "mentions"),
    [
        ("PRECO=1", "column_unknown", "COD, NOME, VALOR, DATA, QTD"),
        ("PRECO__gte=1", "column_unknown", "COD"),
        ("sort=-PRECO", "column_unknown", "COD"),
        ("columns=COD,PRECO", "column_unknown", "COD"),
        ("VALOR__over=1", "filter_operator_unknown", "gte"),
        ("VALOR__contains=1", "filter_operator_unfit", "between"),
        ("VALOR__gte=muito", "filter_value_invalid", "decimal point"),
        ("DATA=2024-02-30", "filter_value_invalid", "2024-01-31"),
        ("VALOR__between=1", "filter_value_invalid", "two values"),
        ("&".join(["QTD__gt=0"] * 21), "too_many_filters", "20"),
        ("QTD__in=" + ",".join(["1"] * 1001), "too_many_filters", "1000"),
    ],
)
def test_what_means_nothing_is_refused_with_what_there_is(
    cast: Cast, settings: Settings, query: str, code: str, mentions: str
) -> None:
    publish(settings, "d", ROWS)
    response = cast.api_key.get(f"/api/data/datasets/d?{query}")
    assert (response.status_code, response.json["code"]) == (400, code)
    assert mentions in response.json["detail"]


def test_columns_named_like_parameters_and_operators_are_reached(
    cast: Cast, settings: Settings
) -> None:
    put_file(settings, "odd.csv", "limit;a__gte;a;-a\n1;x;5;p\n2;y;6;q\n")
    path = "/api/data/datasets/odd?columns=limit&"
    for query, expected in (
        ("limit__eq=2", ["2"]),
        ("limit=1", ["1"]),
        ("a__gte=x", ["1"]),
        ("a__gte__ne=x", ["2"]),
        ("a__gt=5", ["2"]),
        ("sort=--a", ["2", "1"]),
        ("sort=-a", ["1", "2"]),
    ):
        response = cast.api_key.get(path + query)
        assert (query, [row["limit"] for row in response.json]) == (query, expected)


def test_a_file_of_somebody_else_is_filtered_as_text(cast: Cast, settings: Settings) -> None:
    put_file(settings, "antigo.csv", "COD;QTD\n10;1\n9;\n007;\n")
    assert codes(cast, "sort=COD", "antigo") == ["007", "10", "9"]
    response = cast.api_key.get("/api/data/datasets/antigo?QTD__isnull=1&limit=1&total=1")
    assert (response.json, response.headers["X-Total-Count"]) == ([{"COD": "9", "QTD": None}], "2")


def test_a_filter_reads_the_newest_version(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    assert codes(cast, "COD__gte=008") == ["008"]
    publish(settings, "d", CONTENT + "009;;;;\n", attempt=2)
    assert codes(cast, "COD__gte=008") == ["008", "009"]


def publish_parts(settings: Settings, contents: dict[str, str]) -> None:
    """A version of several files."""
    version_id = publish(settings, "d", next(iter(contents.values())))
    files = []
    for key, content in contents.items():
        path = settings.paths.versions / f"part.{key}.csv"
        path.write_text(content, "utf-8")
        files.append(
            {
                "file_name": path.name,
                "target_path": f"/exports/d_{key}.csv",
                "size_bytes": len(content.encode()),
                "rows": content.count("\n") - 1,
                "sha256": "",
                "key": key,
            }
        )
    with unit_of_work() as session:
        version = session.get_one(DatasetVersion, version_id)
        version.files = files
        version.rows = sum(part["rows"] for part in files)


HEADER = "COD;NOME;VALOR;DATA;QTD\n"
PARTS = {
    "2024-01": HEADER + "1;a;1;02/01/2024;\n2;b;2;01/01/2024;\n",
    "2024-02": HEADER,
    "2024-03": HEADER + '3;"c;";3;01/03/2024;\n4;d;4;02/03/2024;\n5;e;5;;\n',
}


def test_several_files_are_read_as_one_dataset(cast: Cast, settings: Settings) -> None:
    publish_parts(settings, PARTS)
    for query, expected in (
        ("", "12345"),
        ("offset=1&limit=3", "234"),
        ("offset=2", "345"),
        ("offset=4&limit=9", "5"),
        ("offset=5", ""),
        ("limit=0", ""),
        ("VALOR__gte=2&sort=-VALOR", "5432"),
        ("sort=DATA", "21345"),
        ("columns=COD&offset=1&limit=2", "23"),
    ):
        assert (query, "".join(codes(cast, query))) == (query, expected)
    row = cast.api_key.get("/api/data/datasets/d?offset=2&limit=1").json[0]
    assert (row["NOME"], row["DATA"]) == ("c;", "01/03/2024")


def test_each_part_is_downloaded_under_its_own_name(cast: Cast, settings: Settings) -> None:
    publish_parts(settings, PARTS)
    response = cast.api_key.get("/api/data/datasets/d?format=file&part=2024-03")
    assert response.text == PARTS["2024-03"]
    assert "d_2024-03.csv" in response.headers["Content-Disposition"]
    for query in ("format=file", "format=file&part=2024-09"):
        response = cast.api_key.get(f"/api/data/datasets/d?{query}")
        assert (response.status_code, response.json["code"]) == (400, "part_unknown")
        assert "2024-01, 2024-02, 2024-03" in response.json["detail"]


def test_a_dataset_of_one_file_has_no_parts(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    response = cast.api_key.get("/api/data/datasets/d?format=file&part=1")
    assert (response.status_code, response.json["code"]) == (400, "part_unknown")
    assert cast.api_key.get("/api/data/datasets/d?part=1").json["code"] == "column_unknown"


def test_a_whole_file_is_not_filtered(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    response = cast.api_key.get("/api/data/datasets/d?format=file&COD=007")
    assert (response.status_code, response.json["code"]) == (400, "page_invalid")


def test_faults_come_before_an_unchanged_answer(cast: Cast, settings: Settings) -> None:
    publish(settings, "d", CONTENT)
    tag = cast.api_key.get("/api/data/datasets/d").headers["ETag"]
    headers = {"If-None-Match": tag}
    assert cast.api_key.get("/api/data/datasets/d?COD=007", headers=headers).status_code == 304
    assert cast.api_key.get("/api/data/datasets/d?X=1", headers=headers).status_code == 400


def test_a_deep_page_is_the_same_with_and_without_a_companion(
    cast: Cast, settings: Settings
) -> None:
    lines = "".join(f'{n};"x;{n}";{n}.5;;\n' for n in range(30_000))
    publish(settings, "d", "COD;NOME;VALOR;DATA;QTD\n" + lines)
    path = "/api/data/datasets/d?limit=3&offset=29000"
    scanned = cast.api_key.get(path).text
    assert '"NOME":"x;29002"' in scanned
    # The first deep page starts the companion.
    wait_for(lambda: list((settings.paths.data / "companions").glob("[!.]*/label.json")))
    assert cast.api_key.get(path).text == scanned
    assert cast.api_key.get("/api/data/datasets/d?limit=3&offset=40000").json == []
