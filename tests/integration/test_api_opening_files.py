"""Files that open a dataset in Excel and Power BI."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from auxiliares import Settings
from tests.integration.conftest import FILE_KEY, Cast
from tests.integration.test_api_datasets import CONTENT, publish

ADDRESS = f"http://localhost/api/data/odata/{quote('vendas__diário')}"
QUERY = "{http://schemas.microsoft.com/DataMashup}"


@pytest.fixture(autouse=True)
def dataset(cast: Cast, settings: Settings) -> None:
    publish(settings, "vendas/diário", CONTENT)


def file(cast: Cast, end: str) -> str:
    response = cast.api_key.get(f"/api/data/open/vendas/diário.{end}")
    assert response.status_code == 200, response.text
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename*=UTF-8''{quote('diário')}.{end}"
    )
    # The key that asked is not in it.
    assert FILE_KEY not in response.text
    return response.text


def test_power_bi_gets_the_address_of_the_feed(cast: Cast) -> None:
    (connection,) = json.loads(file(cast, "pbids"))["connections"]
    assert connection["details"] == {"protocol": "odata", "address": {"url": ADDRESS}}
    assert cast.api_key.get(ADDRESS).json["value"][0]["COD"] == "007"


def test_excel_gets_a_connection_whose_query_is_that_of_power_query(cast: Cast) -> None:
    text = file(cast, "odc")
    assert '<meta name="ProgId" content="ODC.Database">' in text
    tag = "odc:PowerQueryMashupData"
    (inner,) = re.findall(f"<{tag}>(.*)</{tag}>", text, re.DOTALL)
    mashup = ET.fromstring(html.unescape(inner))  # noqa: S314 - as above
    (query,) = mashup.iter(f"{QUERY}Query")
    assert query.get("Name") == "vendas__diário"
    assert query.findtext(f"{QUERY}Formula") == file(cast, "pq")
    assert f'OData.Feed("{ADDRESS}", null, [Implementation = "2.0"])' in file(cast, "pq")


def test_other_names_are_404(cast: Cast) -> None:
    for path, code in (
        ("vendas/diário", "opening_file_unknown"),
        ("vendas/diário.exe", "opening_file_unknown"),
        ("nada.odc", "dataset_not_found"),
    ):
        response = cast.api_key.get(f"/api/data/open/{path}")
        assert (response.status_code, response.json["code"]) == (404, code)
