"""The job of this example: five tables in the order their foreign keys need."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import Settings
from models import Connection, Job
from services import connections, jobs
from services.connections import ConnectionFields
from services.jobs import JobFields

JOB_NAME = "Sincronização de exemplo"
EVERY_MINUTES = 10


def look_up(service: str, column: str, path: str, json_path: str) -> dict[str, Any]:
    return {
        "column": column,
        "method": "POST",
        "url": f"{service}{path}",
        "body": {"email": "{email}"},
        "json_path": json_path,
        "concurrency": 8,
        "retries": 3,
        "timeout_s": 5,
        "on_failure": "keep",
    }


def movement(service: str) -> dict[str, Any]:
    """`service`: where /get-photo and /get-password answer."""
    by_email = [
        look_up(service, "foto", "/get-photo", "photo.url"),
        look_up(service, "senha", "/get-password", "password"),
    ]
    tables: list[dict[str, Any]] = [
        {"source": name, "target": name, "key": ["id"], "gone": "delete"}
        for name in ("plano", "plano_vantagens", "universitario", "anunciante", "pagamento")
    ]
    for table in tables:
        if table["source"] in ("universitario", "anunciante"):
            table["lookups"] = by_email
    return {"tables": tables}


def save_job(session: Session, settings: Settings, *, uri_1: str, uri_2: str, service: str) -> int:
    """The number of the job; what is there already takes these addresses."""
    source = _save_connection(session, settings, "banco_1", uri_1, is_writable=False)
    target = _save_connection(session, settings, "banco_2", uri_2, is_writable=True)
    fields = JobFields(
        job_name=JOB_NAME,
        job_kind="sync",
        job_status="Y",
        connection_id=source.connection_id,
        target_connection_id=target.connection_id,
        every_minutes=EVERY_MINUTES,
        movement=movement(service),
    )
    found = session.scalar(select(Job.job_id).where(Job.job_name == JOB_NAME))
    if found is None:
        return jobs.create_job(session, fields, settings=settings, created_by_id=None).job_id
    jobs.update_job(session, found, fields, settings=settings)
    return found


def _save_connection(
    session: Session, settings: Settings, name: str, uri: str, *, is_writable: bool
) -> Connection:
    parts = urlsplit(uri)
    fields = ConnectionFields(
        name=name,
        kind="postgres",
        host=unquote(parts.hostname or ""),
        port=parts.port,
        database=parts.path.lstrip("/"),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_writable=is_writable,
    )
    known = session.scalar(select(Connection).where(Connection.name == name))
    if known is None:
        return connections.create_connection(session, fields, settings=settings, is_root=True)
    connections.update_connection(
        session, known.connection_id, fields, settings=settings, is_root=True
    )
    return known
