"""The process for readers' SQL: what its gate refuses, and what the engine refuses without it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from datafiles.sqlbox import worker
from datafiles.sqlbox.frames import Frame, receive

LIMIT = 1 << 20


def answer(sql: str, spill: Path) -> tuple[Frame, dict[str, Any]]:
    """The last message of the process, run here, over one dataset that nobody opens."""
    request = {
        "sql": sql, "known": ["antigo"], "rows": 10, "memory": "64MB", "spill": str(spill),
        "spill_limit": "1MB", "limit_s": 20, "bytes": LIMIT,
    }  # fmt: skip
    output = io.BytesIO()
    worker.serve(request, io.BytesIO(b'{"tables": []}\n'), output)
    output.seek(0)
    messages = []
    while (found := receive(output, LIMIT)) is not None:
        messages.append(found)
    kind, data = messages[-1]
    return kind, json.loads(data)


# None may run, and none may tell of the server.
HOSTILE = [
    "SELECT * FROM '{secret}'", "SELECT * FROM read_csv('{secret}')", "FROM read_text('{secret}')",
    "FROM read_blob('{secret}')", "FROM read_parquet('{secret}')", "FROM glob('/*')",
    "FROM sniff_csv('{secret}')", "FROM read_json_auto('{secret}')", "FROM read_duckdb('{secret}')",
    "COPY (SELECT 1) TO '{target}'", "COPY (SELECT 1) TO '{target}' (FORMAT parquet)",
    "EXPORT DATABASE '{target}'", "ATTACH '{target}' AS x", "ATTACH ':memory:' AS x",
    "INSTALL httpfs", "LOAD httpfs", "LOAD '{target}'", "SET enable_external_access = true",
    "RESET memory_limit", "PRAGMA database_list", "CALL pragma_version()", "SHOW TABLES",
    "FROM pragma_database_list", "FROM duckdb_settings()", "FROM duckdb_databases()",
    "FROM information_schema.tables", "FROM pg_catalog.pg_settings", "FROM sqlite_master",
    "FROM duckdb_secrets()", "FROM d0.keys", "FROM memory.main.x", "SELECT getenv('PATH')",
    "SELECT current_setting('temp_directory')", "SELECT getvariable('x')",
    "SELECT (SELECT max(value) FROM duckdb_settings())", "SELECT sleep_ms(100000)",
    "FROM query('SELECT 1')", "FROM query_table('antigo')", "FROM arrow_scan(1, 2, 3)",
    "FROM json_execute_serialized_sql('{{}}')", "CREATE TABLE x AS SELECT 1", "DROP VIEW antigo",
    "INSERT INTO antigo VALUES (1)", "DELETE FROM antigo", "UPDATE antigo SET x = 1",
    "CHECKPOINT",
    "SELECT 1; SELECT 2", "SELECT 1; COPY (SELECT 1) TO '{target}'", "BEGIN", "VACUUM",
    "WITH x AS (INSERT INTO antigo VALUES (1) RETURNING *) FROM x", "PREPARE p AS SELECT 1",
    "EXPLAIN ANALYZE SELECT 1", "SELECT $1", "", " ;", "SELECT * FROM outros/segredo",
    "IMPORT DATABASE '{target}'", "USE memory", "SELECT nextval('s')", "SELECT write_log('x')",
]  # fmt: skip


def test_hostile_sql_is_refused_before_it_runs(tmp_path: Path) -> None:
    secret, target = tmp_path / "secret.csv", tmp_path / "written"
    secret.write_text("a\ntop-secret\n")
    for text in HOSTILE:
        kind, fault = answer(text.format(secret=secret, target=target), tmp_path / "spill")
        assert (text, kind) == (text, Frame.FAULT)
        assert fault["code"].startswith("sql_")
        assert "top-secret" not in fault["message"]
        assert str(tmp_path / "spill") not in fault["message"]
    assert not target.exists()


# What would read, write, load or leave the process, were it let through.
DANGEROUS = [
    "FROM read_csv('{secret}')", "FROM '{secret}'", "FROM read_text('{secret}')", "FROM glob('/*')",
    "FROM read_blob('/proc/self/environ')", "COPY (SELECT 1) TO '{target}'", "LOAD '{target}'",
    "EXPORT DATABASE '{target}'", "ATTACH '{target}' AS x", "INSTALL httpfs", "LOAD httpfs",
    "FROM read_parquet('https://127.0.0.1/x')", "SET enable_external_access = true",
    "SET lock_configuration = false", "SET temp_directory = '{target}'", "SET memory_limit = '9GB'",
    "FROM request", "FROM database",
]  # fmt: skip


def test_the_engine_refuses_what_the_gate_would_let_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "tables_of", lambda *_: [])
    secret, target = tmp_path / "secret.csv", tmp_path / "written"
    secret.write_text("a\ntop-secret\n")
    for text in DANGEROUS:
        kind, fault = answer(text.format(secret=secret, target=target), tmp_path / "spill")
        assert (text, kind) == (text, Frame.FAULT)
        assert "top-secret" not in json.dumps(fault)
    assert not target.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 10_000 + "1" + ")" * 10_000,
        "SELECT " + "+".join("1" * 20_000),
        "SELECT " + "case when 1=1 then " * 900 + "1" + " else 2 end" * 900,
        "SELECT " + ",".join("1" * 5000),
        "SELECT " + "x" * 100_001,
    ],
)
def test_a_text_made_to_exhaust_the_parser_is_refused(tmp_path: Path, sql: str) -> None:
    kind, fault = answer(sql, tmp_path)
    assert (kind, fault["code"]) == (Frame.FAULT, "sql_invalid")
    assert len(fault["message"]) < 3000
