"""The names a query may give a day, each with its value now."""

from __future__ import annotations

from datetime import date
from typing import Self

from flask import Response
from pydantic import RootModel

from metadb.engine import unit_of_work
from services.business_calendars import calendar_numbered
from services.clock import database_now
from timing.date_expressions import EXPRESSIONS, DateExpression, Days
from webapi.access import Rule, access
from webapi.answers import answer_list
from webapi.job_window_schemas import WindowOfText
from webapi.resource import resource
from webapi.schemas import Model
from webapi.state import current_settings

bp = resource("date_expressions", __name__, tag="previews")


class Meaning(Model):
    """What a name stands for, in both languages."""

    pt: str
    en: str


class DateExpressionOut(Model):
    """Written `:name` in a query; `aliases` mean the same. `value` is null where a calendar is
    needed and none was named."""

    name: str
    aliases: list[str]
    meaning: Meaning
    value: date | None

    @classmethod
    def of(cls, expression: DateExpression, days: Days) -> Self:
        return cls(
            name=expression.name,
            aliases=list(expression.names[1:]),
            meaning=Meaning(pt=expression.meaning_pt, en=expression.meaning_en),
            value=expression.day(days),
        )


class DateExpressionList(RootModel[list[DateExpressionOut]]):
    """The window first."""


@bp.get("/api/date-expressions", responses={200: DateExpressionList})
@access(Rule.NORMAL)
def list_date_expressions(query: WindowOfText) -> Response:
    """Every date a query may name, with its meaning and its value today."""
    with unit_of_work() as session:
        now = database_now(session)
        calendar = calendar_numbered(session, query.calendar_id)
    days = query.days(now, current_settings().scheduler.time_zone, calendar)
    return answer_list([DateExpressionOut.of(expression, days) for expression in EXPRESSIONS])
