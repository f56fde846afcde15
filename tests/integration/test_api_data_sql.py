"""SQL of readers over datasets: what it answers, in which forms, and what it can never reach."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from flask_openapi.openapi import OpenAPI

from auxiliares import Settings
from datafiles.sqlbox import box
from tests.integration.conftest import Cast
from tests.integration.test_api_datasets import CONTENT, publish, put_file
from webapi.state import state_of

Ask = Callable[..., Any]


@pytest.fixture
def ask(cast: Cast, settings: Settings) -> Ask:
    """Sends SQL with a key, over one published dataset and one foreign file."""
    publish(settings, "vendas/diário", CONTENT)
    put_file(settings, "antigo.csv", "COD;cod;x\n007;1;a\n008;2;\n")

    def send(sql: str, **members: Any) -> Any:
        return cast.api_key.post("/api/data/sql", {"sql": sql, **members})

    return send


def test_datasets_are_tables_by_their_names(ask: Ask) -> None:
    response = ask('SELECT * FROM "vendas/diário" ORDER BY "COD" DESC')
    assert response.status_code == 200, response.text
    assert [row["COD"] for row in response.json] == ["008", "007"]
    # Numbers keep every digit, dates are ISO, and no value is null.
    assert '"VALOR":1.50' in response.text
    assert response.json[1]["DATA"] == "2024-02-01"
    assert response.json[0]["QTD"] is None
    assert (response.headers["X-Row-Count"], response.headers["X-Truncated"]) == ("2", "false")


def test_datasets_are_joined_and_grouped_with_exact_sums(ask: Ask) -> None:
    response = ask(
        'WITH v AS (SELECT * FROM "Vendas/diáRIO") '
        "SELECT sum(v.VALOR) AS total, count(*) AS n FROM v JOIN antigo a ON a.COD = v.COD"
    )
    assert response.status_code == 200, response.text
    assert response.text.replace("\n", "") == '[{"total":-1.00,"n":2}]'


def test_columns_that_differ_in_case_alone_are_told_apart(ask: Ask) -> None:
    response = ask('SELECT "COD", "cod.1" FROM antigo LIMIT 1')
    assert response.json == [{"COD": "007", "cod.1": "1"}]


def test_the_answer_has_the_form_that_is_asked_for(ask: Ask) -> None:
    sql = "SELECT 1.50 AS a, 'x;y' AS b, DATE '2024-01-31' AS d, NULL AS n, '' AS e"
    arrays = ask(sql, format="arrays")
    assert arrays.json["columns"][0] == {"name": "a", "type": "decimal"}
    assert '"rows":[[1.50,"x;y","2024-01-31",null,""]]' in arrays.text
    assert ask(sql, format="ndjson").text == (
        '{"a":1.50,"b":"x;y","d":"2024-01-31","n":null,"e":""}\n'
    )
    assert ask(sql, format="csv").text == 'a,b,d,n,e\r\n1.50,x;y,2024-01-31,,""\r\n'
    excel = ask(sql, format="csv", profile="excel_br").data.decode("utf-8-sig")
    assert excel == 'a;b;d;n;e\r\n1,50;"x;y";31/01/2024;;""\r\n'
    table = pq.read_table(io.BytesIO(ask(sql, format="parquet").data))
    assert str(table.schema.field("a").type) == "decimal128(3, 2)"
    assert table.column("b").to_pylist() == ["x;y"]
    assert ask(sql, format="xlsx").data[:2] == b"PK"


def test_a_cut_result_says_so(ask: Ask) -> None:
    response = ask("SELECT * FROM range(10) ORDER BY range DESC", limit=3)
    assert response.json == [{"range": 9}, {"range": 8}, {"range": 7}]
    assert response.headers["X-Truncated"] == "true"


def test_an_empty_result_is_an_answer(ask: Ask) -> None:
    assert ask("SELECT 1 AS a WHERE false").json == []
    assert ask("SELECT 1 AS a WHERE false", format="arrays").json["rows"] == []
    assert ask("SELECT 1 AS a WHERE false", format="csv").text == "a\r\n"


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT 'é',\n 1 frm x y", (2, 8)),
        ("SELECT 'é',\n nada FROM antigo", (2, 2)),
        ("SELECT 'é', 'a'::INT", None),
        ("SELECT 1 + * ", None),
    ],
)
def test_a_fault_is_told_in_the_engines_words_with_its_place(
    ask: Ask, sql: str, place: tuple[int, int] | None
) -> None:
    response = ask(sql)
    assert (response.status_code, response.json["code"]) == (400, "sql_invalid")
    assert response.json["detail"]
    if place is not None:
        assert (response.json["line"], response.json["column"]) == place


def test_nothing_but_the_datasets_is_reached(ask: Ask, settings: Settings) -> None:
    for text in (
        f"FROM read_csv('{settings.paths.csv_root}/antigo.csv')",
        "FROM outros",
        "SELECT 1;SELECT 2",
    ):
        response = ask(text)
        assert (response.status_code, response.json["code"][:4]) == (400, "sql_")
    assert ask("SELECT " + "(" * 10_000 + "1" + ")" * 10_000).status_code == 400


@pytest.mark.parametrize(
    ("sql", "codes"),
    [
        (
            "WITH RECURSIVE t AS (SELECT 1 n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
            {"data_query_timeout"},
        ),
        (
            "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7",
            {"data_query_timeout", "data_query_too_large"},
        ),
        (
            "SELECT list(range) FROM range(1000000000)",
            {"data_query_too_large", "data_query_timeout"},
        ),
        (
            "SELECT repeat('x', 500000000)",
            {
                "sql_result_too_large",
                "data_query_too_large",
                "sql_process_lost",
                "data_query_timeout",
            },
        ),
    ],
)
def test_sql_without_end_is_ended_and_the_next_one_runs(
    app: OpenAPI, ask: Ask, sql: str, codes: set[str]
) -> None:
    sqlbox = box.SqlBox(state_of(app).settings.paths.data / "spill", limit_s=1.5)
    previous = state_of(app).sqlbox
    object.__setattr__(state_of(app), "sqlbox", sqlbox)
    response = ask(sql)
    assert response.json["code"] in codes
    assert ask("SELECT 1 AS a").json == [{"a": 1}]
    sqlbox.close()
    object.__setattr__(state_of(app), "sqlbox", previous)
    # Nothing of what was spilled stays.
    spill = state_of(app).settings.paths.data / "spill"
    assert not spill.exists() or not list(spill.iterdir())


def test_a_process_that_heeds_nothing_is_killed(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "deaf.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(box, "GRACE_S", 0.0)
    monkeypatch.setattr(box, "COMMAND", [*box.COMMAND[:1], str(tmp_path / "deaf.py")])
    deaf = box.SqlBox(tmp_path, limit_s=0.2)
    with pytest.raises(box.QueryTimeout):
        deaf.run("SELECT 1", [], lambda _name: pytest.fail("asked for a table"), 1)
    deaf.close()


def test_wide_numbers_and_odd_moments_are_texts_and_stay_whole(
    ask: Ask, settings: Settings
) -> None:
    digits = "9" * 45
    publish(settings, "largo", f"COD;NOME;VALOR;DATA;QTD\n1;a;{digits}.5;01/02/2024 BC;1\n")
    response = ask("SELECT VALOR, DATA FROM largo")
    assert response.json == [{"VALOR": f"{digits}.5", "DATA": "01/02/2024 BC"}]


def test_a_key_asks_only_what_its_scope_says(ask: Ask, cast: Cast) -> None:
    statuses = []
    for actions in (["sql"], ["read"]):
        scope = {"name": "BI", "datasets": ["vendas/*"], "actions": actions}
        headers = {"X-API-Key": cast.root.post("/api/api-keys", scope).json["key"]}
        for table in ('"vendas/diário"', "antigo", "nada"):
            body = {"sql": f"SELECT count(*) AS n FROM {table}"}
            response = cast.anonymous.post("/api/data/sql", body, headers=headers)
            is_ok = response.status_code == 200
            shown = response.json[0]["n"] if is_ok else response.json["code"]
            statuses.append((response.status_code, shown))
    unknown = (400, "sql_table_unknown")
    # What lies outside looks like what is not there.
    assert statuses == [(200, 2), unknown, unknown, *[(403, "key_action_refused")] * 3]


def test_the_body_is_checked(cast: Cast) -> None:
    for body in (
        {"sql": ""}, {"sql": "SELECT 1", "format": "html"}, {"sql": "SELECT 1", "limit": 0},
        {"sql": "SELECT 1", "limit": 10**6}, {"sql": 5}, {},
    ):  # fmt: skip
        assert cast.api_key.post("/api/data/sql", body).status_code == 422


def test_the_process_gets_no_secret(ask: Ask) -> None:
    assert json.dumps(ask("SELECT 1 AS a").json) == '[{"a": 1}]'
    environment = box.environment()
    assert not [name for name in environment if name.startswith("ASQL")]
