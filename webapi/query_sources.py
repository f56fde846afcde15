"""Queries that need not be saved, as requests bring them: where they go and the dates they name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field

from connectors.base import ConnectionSpec
from connectors.bind_values import Bound
from metadb.engine import unit_of_work
from services import connections, windows
from services.business_calendars import calendar_numbered
from services.clock import database_now
from services.parameter_set_rules import MAX_PARAMETERS
from webapi.job_window_schemas import WindowOfText
from webapi.parameter_set_schemas import ParameterValue, values_of
from webapi.state import current_settings


class PlanIn(WindowOfText):
    """A query that need not be saved; `set_values` are those of the parameter set it is tried
    with."""

    connection_id: int
    sql_script: Annotated[str, Field(max_length=1_000_000)]
    set_values: Annotated[list[ParameterValue], Field(max_length=MAX_PARAMETERS)] = Field(
        default_factory=list
    )


def binds_of(body: PlanIn, dates: Mapping[str, date]) -> dict[str, Bound]:
    """What the query is given: its dates, and the values of a set. Raises ParameterSetsInvalid."""
    return {**dates, **values_of(body.set_values)}


def source_of(body: PlanIn) -> tuple[ConnectionSpec, Mapping[str, date], str]:
    """Where the query goes, the dates it names, and its zone; no transaction stays open."""
    settings = current_settings()
    with unit_of_work() as session:
        spec = connections.spec_of(
            connections.get_connection(session, body.connection_id), settings
        )
        days = body.days(
            database_now(session),
            settings.scheduler.time_zone,
            calendar_numbered(session, body.calendar_id),
        )
    known = {value.name.lower() for value in body.set_values}
    dates = windows.dates_of_text(body.sql_script, spec.kind, days, known=known)
    return spec, dates, body.time_zone or settings.scheduler.time_zone
