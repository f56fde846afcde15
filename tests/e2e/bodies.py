"""What the end-to-end tests send to make connections and jobs."""

from __future__ import annotations

from typing import Any

from metadb.engine import DatabaseAddress
from tests.e2e.product import Client
from tests.waiting import wait_for


def postgres_body(source: DatabaseAddress, **changes: Any) -> dict[str, Any]:
    body = {
        "name": "loja",
        "kind": "postgres",
        "host": source.host,
        "port": source.port,
        "database": source.dbname,
        "username": source.user,
        "password": source.password,
    }
    return body | changes


def manual_job(name: str, connection_id: int, sql: str, **changes: Any) -> dict[str, Any]:
    """A job that runs only when it is asked to."""
    body = {
        "job_name": name,
        "job_status": "N",
        "export_path": "testes",
        "export_name": name,
        "sql_script": sql,
        "connection_id": connection_id,
    }
    return body | changes


def save_connection(root: Client, body: dict[str, Any]) -> int:
    connection_id: int = root.post("/api/connections", body)["connection_id"]
    return connection_id


def save_job(root: Client, body: dict[str, Any]) -> int:
    job_id: int = root.post("/api/jobs", body)["job_id"]
    return job_id


def run_to(root: Client, job_id: int, state: str, *, timeout_s: float = 60) -> dict[str, Any]:
    """Ask for a run and wait for its end, which must be this one."""
    run_id = root.post(f"/api/jobs/{job_id}/runs", expect=202)["run_id"]

    def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = root.get(f"/api/runs/{run_id}")
        return run if run["state"] not in {"queued", "running", "interrupted"} else None

    run = wait_for(ended, timeout_s=timeout_s, what=f"run {run_id} to end")
    assert run["state"] == state, run
    return run
