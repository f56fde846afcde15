"""From a login to the data in a reader's hands, with real processes, on both kinds of database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metadb.engine import DatabaseAddress
from tests.e2e.product import Client, Product
from tests.oracle_standin.tns_standin import Scripted, Server
from tests.waiting import wait_for

ZONE = ZoneInfo("America/Sao_Paulo")
DAYS = ("Seg", "Ter", "Qua", "Qui", "Sex", "Sáb", "Dom")

ORACLE_ROWS = [
    (12345678901234567890123456789012345678, "007", datetime(2024, 2, 1), None),
    (1, "José; \"Zé\"", datetime(2024, 2, 1, 13, 14, 15), "linha 1\nlinha 2"),
]  # fmt: skip


def _next_minutes(count: int) -> list[datetime]:
    """The wall-clock minutes to come, with a few seconds to spare for the first."""
    first = datetime.now(ZONE) + timedelta(seconds=8)
    first = first.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [first + timedelta(minutes=n) for n in range(count)]


def _schedule(minutes: list[datetime]) -> dict[str, str]:
    return {
        "day": ",".join(DAYS[day] for day in sorted({m.weekday() for m in minutes})),
        "hour": ",".join(f"{hour:02}" for hour in sorted({m.hour for m in minutes})),
        "minute": ",".join(f"{minute:02}" for minute in sorted({m.minute for m in minutes})),
    }


def _job(name: str, connection_id: int, sql: str, minutes: list[datetime]) -> dict[str, Any]:
    return {
        "job_name": name,
        "job_status": "Y",
        "export_type": "Único",
        "export_path": "vendas",
        "export_name": name,
        "sql_script": sql,
        "connection_id": connection_id,
        "schedule": _schedule(minutes),
    }


def _postgres(root: Client, source: DatabaseAddress) -> int:
    body = {
        "name": "loja",
        "kind": "postgres",
        "host": source.host,
        "port": source.port,
        "database": source.dbname,
        "username": source.user,
        "password": source.password,
    }
    connection_id: int = root.post("/api/connections", body)["connection_id"]
    return connection_id


def _oracle(root: Client, server: Server) -> int:
    body = {
        "name": "erp",
        "kind": "oracle",
        "dsn": server.dsn,
        "username": "app",
        "password": "s3cret",
    }
    connection_id: int = root.post("/api/connections", body)["connection_id"]
    return connection_id


def _due(run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(run["due_at"])


@pytest.mark.slow
def test_jobs_run_at_their_minute_and_their_data_is_served(
    product: Product, source: DatabaseAddress
) -> None:
    script = Scripted()
    script.on(
        r"from pedidos_ora",
        "ID NUMBER(38), CODIGO VARCHAR2(10), EM DATE, OBS VARCHAR2(40)",
        ORACLE_ROWS,
    )
    with Server(script, users={"APP": "s3cret"}, profile="19c") as oracle:
        _acceptance(product, source, oracle)
        assert "set transaction read only" in " ".join(oracle.did("set transaction")).lower()
    assert product.stop("schedule") == 0
    assert product.stop("backend") == 0
    # Nothing should be left running, the embedded server included
    wait_for(lambda: not product.leftovers(), what="every process to be gone")


def _acceptance(product: Product, source: DatabaseAddress, oracle: Server) -> None:
    product.start_both()
    root = product.login()
    minutes = _next_minutes(2)
    from_postgres = _job(
        "pedidos",
        _postgres(root, source),
        "select codigo, endereco, valor, parcelas, dia from pedidos order by pedido limit 3",
        minutes,
    )
    from_oracle = _job(
        "erp", _oracle(root, oracle), "select id, codigo, em, obs from pedidos_ora", minutes
    )
    postgres_job = root.post("/api/jobs", from_postgres)["job_id"]
    oracle_job = root.post("/api/jobs", from_oracle)["job_id"]
    assert root.runs_of(postgres_job) == []

    # Both should run at the first minute, and not before
    first = root.wait_for_run(postgres_job, "succeeded", timeout_s=130)
    assert _due(first) == minutes[0].astimezone(UTC)
    assert _due(first) <= datetime.fromisoformat(first["started_at"])
    assert (first["trigger"], first["attempt"], first["rows"]) == ("schedule", 1, 3)
    ora = root.wait_for_run(oracle_job, "succeeded", timeout_s=30)
    assert _due(ora) == minutes[0].astimezone(UTC)

    reader = product.reader()
    assert reader.get("/api/data/datasets") == ["vendas/erp", "vendas/pedidos"]
    rows = reader.dataset("vendas/pedidos")
    assert list(rows[0]) == ["codigo", "endereco", "valor", "parcelas", "dia"]
    assert rows[0] == {
        "codigo": "001",
        "endereco": 'São João nº 1; "fundos"',
        "valor": 1.37,
        "parcelas": 1,
        "dia": "02/02/2024",
    }
    assert rows[2]["parcelas"] is None
    assert reader.dataset("vendas/pedidos", offset=1, limit=1) == rows[1:2]
    oracle_rows = reader.dataset("vendas/erp")
    assert oracle_rows[0]["ID"] == 12345678901234567890123456789012345678
    assert oracle_rows[0]["CODIGO"] == "007"
    assert [row["EM"] for row in oracle_rows] == ["01/02/2024 00:00:00", "01/02/2024 13:14:15"]
    assert oracle_rows[1]["OBS"] == "linha 1\nlinha 2"
    file = product.data / "csv" / "vendas" / "pedidos.csv"
    assert file.read_text("utf-8").splitlines()[0] == "codigo;endereco;valor;parcelas;dia"

    # A change should take effect at the next minute without a restart
    changed = {**from_postgres, "sql_script": "select 42 as resposta"}
    root.put(f"/api/jobs/{postgres_job}", changed)
    second = root.wait_for_run(postgres_job, "succeeded", timeout_s=130, skip=first["run_id"])
    assert _due(second) == minutes[1].astimezone(UTC)
    assert reader.dataset("vendas/pedidos") == [{"resposta": 42}]
    assert [run["state"] for run in root.runs_of(postgres_job)] == ["succeeded", "succeeded"]


def test_a_pure_worker_executes_what_the_api_enqueues(
    product: Product, source: DatabaseAddress
) -> None:
    product.start("backend")
    product.start("schedule-worker", "--worker")
    product.wait_until_ready()
    root = product.login()
    job = _job("avulso", _postgres(root, source), "select 1 as um", _next_minutes(1))
    job |= {"job_status": "N"}
    job_id = root.post("/api/jobs", job)["job_id"]
    root.post(f"/api/jobs/{job_id}/runs", expect=202)
    run = root.wait_for_run(job_id, "succeeded")
    assert (run["trigger"], run["due_at"], run["requested_by"]) == ("manual", None, "root")
    assert product.reader().dataset("vendas/avulso") == [{"um": 1}]


def _failed(root: Client, product: Product, connection_id: int, sql: str, name: str) -> Any:
    job = _job(name, connection_id, sql, _next_minutes(1)) | {"job_status": "N"}
    job_id = root.post("/api/jobs", job)["job_id"]
    root.post(f"/api/jobs/{job_id}/runs", expect=202)
    return root.wait_for_run(job_id, "failed")


def test_errors_a_user_makes_are_said_in_one_sentence(
    product: Product, source: DatabaseAddress, tmp_path: Path
) -> None:
    product.start_both()
    root = product.login()
    good = _postgres(root, source)
    wrong = root.post(
        "/api/connections",
        {
            "name": "senha errada",
            "kind": "postgres",
            "host": source.host,
            "port": source.port,
            "database": source.dbname,
            "username": source.user,
            "password": "errada",
        },
    )["connection_id"]
    away = root.post(
        "/api/connections",
        {
            "name": "longe",
            "kind": "oracle",
            "dsn": "127.0.0.1:1/X",
            "username": "a",
            "password": "b",
        },
    )["connection_id"]
    thick = root.post(
        "/api/connections",
        {
            "name": "grosso",
            "kind": "oracle",
            "dsn": "127.0.0.1:1/X",
            "username": "a",
            "password": "b",
            "options": {"instant_client": str(tmp_path / "nada")},
        },
    )["connection_id"]

    login = _failed(root, product, wrong, "select 1", "e1")
    assert login["error_code"] == "source_login_failed"
    assert "senha errada" in login["error_message"]
    assert _failed(root, product, away, "select 1 from dual", "e2")["error_code"] == (
        "source_unreachable"
    )
    missing = _failed(root, product, thick, "select 1 from dual", "e3")
    assert missing["error_code"] == "source_driver_missing"
    assert "Instant Client" in missing["error_message"]
    typo = _failed(root, product, good, "select codigoo from pedidos", "e4")
    assert typo["error_code"] == "query_invalid"
    assert "codigoo" in typo["error_message"]
    # What deletes openly should be refused before it is saved, what hides it when it runs
    deletes = _job("e5", good, "delete from pedidos", _next_minutes(1))
    assert root.call("POST", "/api/jobs", deletes).body["code"] == "query_not_select"
    hidden = _failed(root, product, good, "select apaga()", "e6")
    assert hidden["error_code"] == "query_refused"
    # Nothing should have been published by any of them
    assert product.reader().get("/api/data/datasets") == []
    assert root.post(f"/api/connections/{good}/test", expect=200)["ok"] is True
    assert root.call("POST", f"/api/connections/{wrong}/test", {}).status == 502
