"""The gate before a run: a parameter's query says up to which day each unit has closed its books.

A unit that has not closed the last day the run would read is open, and the run waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from connectors.base import Column
from models import Job, Parameter, Run
from services.windows import RunDates, dates_of_text

DEFAULT_EVERY_MIN = 10
DEFAULT_DEADLINE_MIN = 10
TIME_LIMIT_S = 60.0
MAX_UNITS = 10_000
KEPT_UNITS = 500
NAMED_UNITS = 10
UNIT, VALUE = "INSTANCIA", "VALOR"
_DMY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class GateUnreadable(AutomacaoError):
    """The parameter of a gate does not answer as it must."""

    code = "gate_unreadable"
    status = 422


class GateUnit(TypedDict):
    """An open unit as the run keeps it; `closed_until`: ISO date, or None."""

    unit: str
    closed_until: str | None


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """A unit that has not closed the day it must; `closed_until` None: no day at all."""

    unit: str
    closed_until: date | None

    @property
    def text(self) -> str:
        if self.closed_until is None:
            return f"{self.unit} (nothing closed)"
        return f"{self.unit} (closed until {self.closed_until:%d/%m/%Y})"


@dataclass(frozen=True, slots=True)
class Gate:
    """What to ask before a run, and what then. `must_reach`: the day every unit must have closed.

    `dates` are what `:name` stands for in `sql`. After `deadline_at` it is not asked again.
    """

    parameter_name: str
    sql: str
    dates: Mapping[str, date]
    must_reach: date
    deadline_at: datetime
    every: timedelta
    runs_anyway: bool

    def next_ask_at(self, now: datetime) -> datetime | None:
        """When to ask again, at the deadline for the last time; None: no more."""
        return None if now >= self.deadline_at else min(now + self.every, self.deadline_at)

    def told(self, units: Sequence[OpenUnit]) -> str:
        """One sentence that names the open units."""
        named = ", ".join(unit.text for unit in units[:NAMED_UNITS])
        more = f" and {len(units) - NAMED_UNITS} more" if len(units) > NAMED_UNITS else ""
        return (
            f"The parameter {self.parameter_name!r} was still open for {self.must_reach:%d/%m/%Y} "
            f"at {named}{more}."
        )


def gate_of(
    session: Session, run: Run, job: Job, dates: RunDates, *, kind: str, now: datetime
) -> Gate | None:
    """The gate of a run; None when its job has none.

    The deadline counts from the moment the run was due, or from `now` when it was not planned;
    it is written into the run. Raises GateUnreadable.
    """
    if job.check_parameter != "Y":
        return None
    parameter = session.get(Parameter, job.parameter_id) if job.parameter_id else None
    if parameter is None or not (parameter.sql_script or "").strip():
        raise GateUnreadable(
            f"Job {job.job_name!r} waits for a parameter, but none with a query is chosen. Choose "
            "one in the job, or switch its gate off."
        )
    if run.gate_deadline_at is None:
        minutes = job.gate_deadline_min or DEFAULT_DEADLINE_MIN
        run.gate_deadline_at = (run.due_at or now) + timedelta(minutes=minutes)
    sql = parameter.sql_script or ""
    return Gate(
        parameter_name=parameter.parameter_name,
        sql=sql,
        dates=dates_of_text(sql, kind, dates.days),
        must_reach=dates.days.window.end,
        deadline_at=run.gate_deadline_at,
        every=timedelta(minutes=job.gate_check_every_min or DEFAULT_EVERY_MIN),
        runs_anyway=job.gate_on_deadline == "run",
    )


def open_units(
    gate: Gate, columns: Sequence[Column], rows: Sequence[tuple[object, ...]]
) -> list[OpenUnit]:
    """Units of the parameter's answer that have not closed the day they must, in its order.

    Raises GateUnreadable.
    """
    if len(rows) > MAX_UNITS:
        raise GateUnreadable(
            f"The parameter {gate.parameter_name!r} answered with more than {MAX_UNITS} units; "
            "write a query with one row for each."
        )
    names = [column.name.upper() for column in columns]
    if UNIT not in names or VALUE not in names:
        raise GateUnreadable(
            f"The parameter {gate.parameter_name!r} must answer with the columns {UNIT} and "
            f"{VALUE}; it has {', '.join(names)}."
        )
    unit_at, value_at = names.index(UNIT), names.index(VALUE)
    units = [OpenUnit(_unit(row[unit_at]), _day(gate, row[unit_at], row[value_at])) for row in rows]
    return [
        unit for unit in units if unit.closed_until is None or unit.closed_until < gate.must_reach
    ]


def kept(units: Sequence[OpenUnit]) -> list[GateUnit]:
    """The JSON form a run keeps."""
    return [
        GateUnit(
            unit=unit.unit,
            closed_until=unit.closed_until.isoformat() if unit.closed_until else None,
        )
        for unit in units[:KEPT_UNITS]
    ]


def _unit(value: object) -> str:
    return "NULL" if value is None else str(value).strip()[:200]


def _day(gate: Gate, unit: object, value: object) -> date | None:
    """A date, or text that begins as DD/MM/YYYY or YYYY-MM-DD; None for NULL and blanks."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    try:
        if found := _ISO.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DMY.match(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        pass  # 31/02/2024 is no day
    raise GateUnreadable(
        f"The parameter {gate.parameter_name!r} has {text[:40]!r} in {VALUE} of {_unit(unit)}: "
        "that is no date. Return a date, or text such as 31/01/2024 or 2024-01-31."
    )
