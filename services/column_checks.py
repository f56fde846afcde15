"""What a query that need not be saved would change for those who read the job's dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from auxiliares import Settings
from connectors.base import Column, ConnectionSpec, chosen
from connectors.bind_values import NO_VALUES, Bound
from connectors.registry import connector_for
from connectors.statement import check_statement
from dialects.profiles import dialect_of
from services.column_reads import Concern, concerns_of_job
from services.previews import TAGS

TIME_LIMIT_S = 10.0


def described(
    spec: ConnectionSpec, sql: str, *, time_zone: str, binds: Mapping[str, Bound] = NO_VALUES
) -> tuple[Column, ...]:
    """The columns of the query, which is prepared and not run.

    Opens no metadata transaction and must not be called in one. Raises what the text or the source
    has to say.
    """
    statement = check_statement(sql, spec.kind)
    with connector_for(spec.kind).open(
        spec, tags=TAGS, time_limit_s=TIME_LIMIT_S, time_zone=time_zone, binds=binds
    ) as session:
        return session.describe(statement)


def concerns_of_query(
    session: Session,
    job_id: int,
    columns: Sequence[Column],
    *,
    dialect: Mapping[str, object] | None,
    settings: Settings,
) -> list[Concern]:
    """Columns that are published and would be no more what they are, each with its readers.

    `dialect`: that of the job, which chooses and names the columns of the file. Raises
    DialectInvalid or DialectColumnUnknown.
    """
    form = dialect_of(dialect, time_zone=settings.scheduler.time_zone)
    names = [{"name": column.name, "type": column.type.value} for column in chosen(columns, form)]
    return concerns_of_job(session, job_id, names, within_days=settings.data_api.unused_after_days)
