"""What became of a job's occurrences, day by day: the answer to "why did it not run?"."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Self

from flask import Response
from pydantic import BeforeValidator, Field, StringConstraints

from metadb.engine import unit_of_work
from services import jobs
from services.occurrence_explanation import explain
from services.occurrence_report import OccurrenceReport, report_occurrences
from vocabulary import Outcome
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.job_schemas import JobPath
from webapi.resource import resource
from webapi.schemas import Model, restored_plus
from webapi.state import current_settings

bp = resource("occurrences", __name__)

Bound = Annotated[
    Annotated[str, StringConstraints(max_length=100)] | None, BeforeValidator(restored_plus)
]


class OccurrencesQuery(Model):
    """ISO dates of the job's zone, both included, or moments, the last one excluded; today."""

    first: Bound = Field(default=None, alias="from")
    last: Bound = Field(default=None, alias="to")


class OccurrenceOut(Model):
    """`reason` is a reason of runs, what a run waits for, a code of an error, or why there is no
    run; `late_s` is the time from due to started, or to now while it waits. `holiday` names the day
    that is no business day, null a weekend; `moves_to` is when it runs instead."""

    due_at: datetime
    outcome: Outcome
    reason: str | None
    message: str
    run_id: int | None
    state: str | None
    attempt: int | None
    started_at: datetime | None
    finished_at: datetime | None
    late_s: int | None
    holiday: str | None
    moves_to: datetime | None


class SentenceOut(Model):
    """A sentence as `code` and what it names: counts, words of the ledger, moments and days."""

    code: str
    count: int | None
    ran: int | None
    reason: str | None
    reasons: dict[str, int] | None
    by: str | None
    holidays: str | None
    at: datetime | None
    since: datetime | None
    first: datetime | None
    last: datetime | None
    first_day: date | None
    last_day: date | None


class ExplanationOut(Model):
    """Why nothing ran, or that something did: in English, and to be worded by an interface."""

    code: str
    message: str
    sentences: list[SentenceOut]


class OccurrencesOut(Model):
    """By due time; `is_cut`: there are more in the range than these."""

    time_zone: str
    range_start: datetime
    range_end: datetime
    items: list[OccurrenceOut]
    is_cut: bool
    explanation: ExplanationOut

    @classmethod
    def of(cls, report: OccurrenceReport) -> Self:
        explanation = explain(report)
        situation = report.situation
        names = OccurrenceOut.model_fields
        return cls(
            time_zone=situation.zone.key,
            range_start=situation.range.start,
            range_end=situation.range.end,
            items=[
                OccurrenceOut(**{name: getattr(item, name) for name in names})
                for item in report.items
            ],
            is_cut=report.is_cut,
            explanation=ExplanationOut(
                code=explanation.code,
                message=explanation.message,
                sentences=[
                    SentenceOut(
                        **(
                            dict.fromkeys(SentenceOut.model_fields)
                            | told.values
                            | {"code": told.code}
                        )
                    )
                    for told in explanation.sentences
                ],
            ),
        )


@bp.get("/api/jobs/<int:job_id>/occurrences", responses={200: OccurrencesOut})
@access(Rule.NORMAL)
def list_occurrences(path: JobPath, query: OccurrencesQuery) -> Response:
    """Every occurrence of a range of at most 31 days, past and to come, and why nothing ran."""
    scheduler = current_settings().scheduler
    with unit_of_work() as session:
        report = report_occurrences(
            session,
            jobs.get_job(session, path.job_id),
            first=query.first,
            last=query.last,
            default_zone=scheduler.time_zone,
            lost_after=timedelta(seconds=scheduler.lost_after_s),
        )
        return answer(OccurrencesOut.of(report))
