"""The OData feed: documents, options, types, pages, errors, and a client that is not ours."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
from flask_openapi.openapi import OpenAPI
from odata import ODataService
from werkzeug.serving import make_server

from auxiliares import Settings
from datafiles.companions import DataFile
from tests.integration.conftest import FILE_KEY, Cast
from tests.integration.test_api_datasets import publish, put_file
from webapi.state import state_of

ROOT = "/api/data/odata/"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
ROWS = (
    "COD;NOME;VALOR;DATA;QTD\n"
    '007;"João; Silva";1.50;01/02/2024;1\n'
    "008;;-2.5;;\n"
    '07;"";100;15/01/2024;30\n'
    "009;joana d'arc;20;31/12/2023;4\n"
)


@pytest.fixture
def feed(cast: Cast, settings: Settings) -> Cast:
    publish(settings, "vendas/diário", ROWS)
    put_file(settings, "antigo.csv", "COD;x y\n007;1\n")
    return cast


def rows(cast: Cast, query: str, name: str = "vendas__diário") -> Any:
    response = cast.api_key.get(f"{ROOT}{name}?{query}")
    assert response.status_code == 200, response.text
    return response.json


def codes(cast: Cast, text: str) -> list[Any]:
    response = cast.api_key.get(f"{ROOT}vendas__diário", query_string={"$filter": text})
    assert response.status_code == 200, response.text
    return [row["COD"] for row in response.json["value"]]


def test_the_service_document_names_every_dataset(feed: Cast) -> None:
    response = feed.api_key.get(ROOT)
    assert response.json["@odata.context"] == f"http://localhost{ROOT}$metadata"
    assert [(s["name"], s["kind"]) for s in response.json["value"]] == [
        ("vendas__diário", "EntitySet"), ("antigo", "EntitySet"),
    ]  # fmt: skip
    assert response.headers["OData-Version"] == "4.0"


def test_the_metadata_describe_types_and_keys(feed: Cast) -> None:
    document = ET.fromstring(feed.api_key.get(f"{ROOT}$metadata").data)  # noqa: S314 - as above
    types = {t.get("Name"): t for t in document.iter(f"{EDM}EntityType")}
    properties = {p.get("Name"): p for p in types["vendas__diário"].iter(f"{EDM}Property")}
    assert {name: p.get("Type") for name, p in properties.items()} == {
        "RowNumber": "Edm.Int64", "COD": "Edm.String", "NOME": "Edm.String",
        "VALOR": "Edm.Decimal", "DATA": "Edm.Date", "QTD": "Edm.Int64",
    }  # fmt: skip
    assert properties["VALOR"].get("Scale") == "variable"
    assert properties["RowNumber"].get("Nullable") == "false"
    assert [k.get("Name") for k in types["antigo"].iter(f"{EDM}PropertyRef")] == ["RowNumber"]
    assert [p.get("Name") for p in types["antigo"].iter(f"{EDM}Property")][2] == "x_y"


def test_rows_have_the_types_of_the_metadata(feed: Cast) -> None:
    response = feed.api_key.get(f"{ROOT}vendas__diário?$top=2&$count=true")
    assert response.content_type.startswith("application/json;odata.metadata=minimal")
    assert '"VALOR":1.50' in response.text
    assert response.json["@odata.count"] == 4
    assert response.json["value"] == [
        {
            "RowNumber": 1, "COD": "007", "NOME": "João; Silva", "VALOR": 1.5,
            "DATA": "2024-02-01", "QTD": 1,
        },
        {"RowNumber": 2, "COD": "008", "NOME": None, "VALOR": -2.5, "DATA": None, "QTD": None},
    ]  # fmt: skip


def test_numbers_are_texts_for_a_client_that_asks_for_it(feed: Cast) -> None:
    accept = {"Accept": "application/json;IEEE754Compatible=true"}
    response = feed.api_key.get(f"{ROOT}vendas__diário?$top=1&$select=QTD,VALOR", headers=accept)
    assert response.json["value"] == [{"QTD": "1", "VALOR": "1.50"}]
    assert "IEEE754Compatible=true" in response.content_type


FILTERS = [
    ("COD eq '007'", ["007"]),
    ("'007' eq COD", ["007"]),
    ("COD ne '007'", ["008", "07", "009"]),
    ("VALOR ge 20", ["07", "009"]),
    ("20 le VALOR", ["07", "009"]),
    ("VALOR eq 1.5 or VALOR lt 0", ["007", "008"]),
    ("VALOR gt 0 and not (QTD eq 30)", ["007", "009"]),
    ("not (QTD gt 1)", ["007", "008"]),
    ("QTD eq null", ["008"]),
    ("null ne QTD", ["007", "07", "009"]),
    ("NOME eq ''", ["07"]),
    ("contains(NOME,'o')", ["007", "009"]),
    ("contains(NOME,'JO')", []),
    ("startswith(tolower(NOME),'joã')", ["007"]),
    ("endswith(NOME,'d''arc')", ["009"]),
    ("DATA ge 2024-01-15", ["007", "07"]),
    ("DATA lt 2024-01-15T00:00:00Z", ["009"]),
    ("DATA le 2024-01-15T12:00:00Z", ["07", "009"]),
    ("year(DATA) eq 2024 and month(DATA) eq 1", ["07"]),
    ("QTD in (1,4)", ["007", "009"]),
    ("RowNumber gt 2", ["07", "009"]),
    ("QTD gt VALOR", ["008"][:0]),
    ("length(COD) eq 2", ["07"]),
    ("true", ["007", "008", "07", "009"]),
    ("(((VALOR eq 100)))", ["07"]),
]


def test_filters(feed: Cast) -> None:
    for text, expected in FILTERS:
        assert (text, codes(feed, text)) == (text, expected)


def test_order_pages_and_counts(feed: Cast) -> None:
    found = rows(feed, "$orderby=QTD desc,COD&$select=COD&$skip=1&$top=2")
    assert [row["COD"] for row in found["value"]] == ["009", "007"]
    # Null is less than everything.
    assert rows(feed, "$orderby=QTD&$top=1&$select=COD")["value"] == [{"COD": "008"}]
    count = feed.api_key.get(f"{ROOT}vendas__diário/$count?$filter=VALOR gt 0")
    assert (count.text, count.content_type) == ("3", "text/plain;charset=utf-8")
    row = feed.api_key.get(f"{ROOT}vendas__diário(3)").json
    assert (row["COD"], row["@odata.context"][-7:]) == ("07", "$entity")
    assert feed.api_key.get(f"{ROOT}vendas__diário(5)").status_code == 404


@pytest.mark.parametrize(
    "query", ["", "$filter=VALOR gt -10", "$orderby=VALOR", "$top=3", "$skip=1&$top=3"]
)
def test_pages_follow_one_another_and_none_is_missed(
    feed: Cast, settings: Settings, query: str
) -> None:
    whole = rows(feed, query)["value"]
    address, seen = f"{ROOT}vendas__diário?{query}", []
    while address:
        page = feed.api_key.get(address, headers={"Prefer": "odata.maxpagesize=2"}).json
        assert len(page["value"]) <= 2
        seen += page["value"]
        # A newer version does not mix in.
        publish(settings, "vendas/diário", "COD;NOME;VALOR;DATA;QTD\nx;;9;;\n", attempt=len(seen))
        address = page.get("@odata.nextLink")
    assert seen == whole


@pytest.mark.parametrize("order", ["VALOR,NOME desc", "NOME desc,VALOR", "QTD desc", "DATA,COD"])
def test_sorted_pages_with_nulls_and_equal_values_miss_nothing(
    feed: Cast, settings: Settings, order: str
) -> None:
    lines = "".join(
        f"{n:03d};{'' if n % 5 == 0 else n % 4};{'' if n % 3 == 0 else n % 2};;{n % 3}\n"
        for n in range(40)
    )
    publish(settings, "vendas/diário", f"COD;NOME;VALOR;DATA;QTD\n{lines}", attempt=7)
    for direction in ("", ",RowNumber desc"):
        address, seen = f"{ROOT}vendas__diário?$orderby={order}{direction}&$select=RowNumber", []
        whole = feed.api_key.get(address).json["value"]
        while address:
            page = feed.api_key.get(address, headers={"Prefer": "maxpagesize=7"}).json
            seen += page["value"]
            address = page.get("@odata.nextLink")
        assert seen == whole
        assert len(seen) == 40


def test_unfiltered_pages_one_row_and_the_count_wait_for_no_companion(
    feed: Cast, app: OpenAPI
) -> None:
    folder = state_of(app).companions.folder_of
    source = f"{ROOT}vendas__diário"
    page = feed.api_key.get(source, headers={"Prefer": "maxpagesize=3"}).json
    assert [row["COD"] for row in page["value"]] == ["007", "008", "07"]
    assert [r["COD"] for r in feed.api_key.get(page["@odata.nextLink"]).json["value"]] == ["009"]
    assert feed.api_key.get(f"{source}(2)").json["COD"] == "008"
    assert feed.api_key.get(f"{source}/$count").text == "4"
    assert not [*folder(DataFile((), ())).parent.glob("*")]
    assert codes(feed, "COD eq '007'") == ["007"]
    assert [*folder(DataFile((), ())).parent.glob("*")]


def test_pages_of_a_version_that_is_gone_must_be_loaded_anew(
    feed: Cast, settings: Settings
) -> None:
    address = rows(feed, "", "antigo")
    put_file(settings, "antigo.csv", "COD;x y\n1;1\n2;2\n3;3\n")
    prefer = {"Prefer": "maxpagesize=1"}
    link = feed.api_key.get(f"{ROOT}antigo", headers=prefer).json["@odata.nextLink"]
    put_file(settings, "antigo.csv", "COD;x y\n9;9\n8;8\n7;7\n6;6\n")
    response = feed.api_key.get(link)
    assert (response.status_code, response.json["error"]["code"]) == (410, "odata_page_gone")
    assert address["value"][0]["COD"] == "007"


FAULTS = [
    ("nada", 404, "odata_not_found"),
    ("vendas__diário/x/y", 404, "odata_not_found"),
    ("vendas__diário?$filter=", 200, None),
    ("vendas__diário?$filter=NADA eq 1", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=COD eq", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=COD eq 1", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=VALOR eq 1)", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=VALOR", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=';drop", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=DATA eq 2024-02-31", 400, "filter_value_invalid"),
    ("vendas__diário?$filter=geo.distance(a,b) lt 1", 501, "odata_not_supported"),
    ("vendas__diário?$expand=x", 501, "odata_not_supported"),
    ("vendas__diário?$format=atom", 501, "odata_not_supported"),
    ("vendas__diário?$top=-1", 400, "odata_query_invalid"),
    ("vendas__diário?$top=1&$top=2", 400, "odata_query_invalid"),
    ("vendas__diário?$skiptoken=x", 400, "odata_query_invalid"),
    ("vendas__diário?$skiptoken=999.0.all", 410, "odata_page_gone"),
    ("vendas__diário?$select=NADA", 400, "odata_query_invalid"),
    ("vendas__diário?$orderby=COD up", 400, "odata_query_invalid"),
    ("vendas__diário?$nada=1", 400, "odata_query_invalid"),
    ("vendas__diário?$count=yes", 400, "odata_query_invalid"),
    ("vendas__diário?$filter=" + "(" * 5000, 400, "odata_query_invalid"),
    ("vendas__diário?$filter=" + "not " * 500 + "true", 400, "odata_query_invalid"),
]


def test_errors_have_the_shape_of_odata(feed: Cast) -> None:
    for address, status, code in FAULTS:
        response = feed.api_key.get(ROOT + address)
        assert (address, response.status_code) == (address, status), response.text
        if code is not None:
            assert list(response.json) == ["error"]
            assert response.json["error"]["code"] == code
            assert response.json["error"]["message"]


def test_excel_is_asked_for_the_key_as_a_password(feed: Cast) -> None:
    refused = feed.anonymous.get(f"{ROOT}$metadata")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused.json["error"]["code"] == "authentication_required"
    token = base64.b64encode(f"excel:{FILE_KEY}".encode()).decode()
    headers = {"Authorization": f"Basic {token}"}
    assert feed.anonymous.get(f"{ROOT}$metadata", headers=headers).status_code == 200


def test_a_key_sees_the_sets_of_its_scope_by_the_same_names(feed: Cast, settings: Settings) -> None:
    publish(settings, "vendas__diário", ROWS, attempt=7)
    (_, other, *_) = [s["name"] for s in feed.api_key.get(ROOT).json["value"]]
    assert other.startswith("vendas__diário_")
    scope = {"name": "BI", "datasets": ["vendas__diário"]}
    headers = {"X-API-Key": feed.root.post("/api/api-keys", scope).json["key"]}
    sets = feed.anonymous.get(ROOT, headers=headers).json["value"]
    assert [s["name"] for s in sets] == [other]
    assert feed.anonymous.get(f"{ROOT}vendas__diário", headers=headers).status_code == 404


@pytest.fixture
def address(app: OpenAPI, feed: Cast) -> Iterator[str]:
    """A real server for a client that speaks HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}{ROOT}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_client_of_the_registry_reads_the_feed(address: str) -> None:
    with requests.Session() as session:
        session.auth = ("excel", FILE_KEY)
        service = ODataService(address, session=session, reflect_entities=True)
        sales = service.entities["vendas__diário"]
        query = service.query(sales).filter(sales.VALOR > 0).order_by(sales.VALOR.desc())
        found = [(row.COD, row.VALOR, row.QTD) for row in query]
        assert found == [
            ("07", Decimal(100), 30),
            ("009", Decimal(20), 4),
            ("007", Decimal("1.5"), 1),
        ]
