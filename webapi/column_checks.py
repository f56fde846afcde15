"""Who reads what a changed query of a job would take away, for the job editor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from flask import Response
from pydantic import RootModel

from connectors.base import Column
from metadb.engine import unit_of_work
from services.column_changes import Change
from services.column_checks import concerns_of_query, described
from services.column_reads import Concern
from webapi.access import Rule, access
from webapi.answers import answer_list
from webapi.fair_shares import asking_others
from webapi.job_output_schemas import DialectIn
from webapi.job_schemas import JobPath
from webapi.query_sources import PlanIn, binds_of, source_of
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings

bp = resource("column_checks", __name__, tag="previews")


class ColumnsIn(PlanIn):
    """A query that need not be saved, and the dialect, which chooses and names its columns."""

    dialect: DialectIn | None = None


class ColumnReaderOut(Model):
    """Somebody who reads a column with one tool; `reads_all`: never but whole rows."""

    kind: str
    reader: str
    tool: str
    last_read_at: datetime
    reads_all: bool


class ColumnConcernOut(Model):
    """A published column that would be `gone`, `renamed` (a guess: another name at its place) or
    `retyped`; `now`: its new name or type."""

    column: str
    change: Change
    now: str | None
    readers: list[ColumnReaderOut]

    @classmethod
    def of(cls, concern: Concern) -> Self:
        names = ColumnReaderOut.model_fields
        return cls(
            column=concern.change.column,
            change=concern.change.change,
            now=concern.change.now,
            readers=[
                ColumnReaderOut(**{name: getattr(reader, name) for name in names})
                for reader in concern.readers
            ],
        )


class ColumnConcernList(RootModel[list[ColumnConcernOut]]):
    """In the order of the published columns."""


@bp.post("/api/jobs/<int:job_id>/columns", responses={200: ColumnConcernList})
@access(Rule.MODERATOR)
def check_columns(path: JobPath, body: ColumnsIn) -> Response:
    """Published columns that a query would remove, rename or retype, each with who has read it.

    The query is prepared, not run; empty where the job has published nothing.
    """
    spec, dates, zone = source_of(body)
    with asking_others():
        columns = described(spec, body.sql_script, time_zone=zone, binds=binds_of(body, dates))
    return answer_list(concerns_of(path.job_id, columns, body.dialect))


def concerns_of(
    job_id: int | None, columns: Sequence[Column], dialect: DialectIn | None
) -> list[ColumnConcernOut]:
    """What these columns of a query would change for readers of the job's dataset."""
    if job_id is None:
        return []
    with unit_of_work() as session:
        found = concerns_of_query(
            session,
            job_id,
            columns,
            dialect=dialect.stored() if dialect is not None else None,
            settings=current_settings(),
        )
    return [ColumnConcernOut.of(concern) for concern in found]
