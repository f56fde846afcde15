"""The audit trail as people read it: filtered, in pages, newest first, and as a table to keep."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from metadb.engine import unit_of_work
from models import AuditRecord

ACTIONS = ("created", "changed", "deleted")
EXPORT_ROWS = 500
COLUMNS = (
    "audit_id", "happened_at", "actor", "address", "request_id", "action", "entity", "entity_id",
    "entity_name", "before", "after",
)  # fmt: skip
# A cell that begins so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to list; None or empty means no restriction."""

    actor: str | None = None
    entity: str | None = None
    entity_id: str | None = None
    actions: tuple[str, ...] = ()
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found = [
            AuditRecord.actor == self.actor if self.actor else None,
            AuditRecord.entity == self.entity if self.entity else None,
            AuditRecord.entity_id == self.entity_id if self.entity_id else None,
            AuditRecord.action.in_(self.actions) if self.actions else None,
            self._text_condition(self.text) if self.text else None,
            AuditRecord.happened_at >= self.since if self.since else None,
            AuditRecord.happened_at < self.until if self.until else None,
        ]
        return [condition for condition in found if condition is not None]

    @staticmethod
    def _text_condition(text: str) -> ColumnElement[bool]:
        return or_(
            AuditRecord.entity_name.icontains(text, autoescape=True),
            cast(AuditRecord.before, Text).icontains(text, autoescape=True),
            cast(AuditRecord.after, Text).icontains(text, autoescape=True),
        )


def list_records(
    session: Session, chosen: AuditFilter, *, page: int, size: int
) -> tuple[Sequence[AuditRecord], int]:
    """One page of records and how many there are in all."""
    conditions = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(AuditRecord).where(*conditions)) or 0
    records = session.scalars(
        select(AuditRecord)
        .where(*conditions)
        .order_by(AuditRecord.audit_id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return records, total


def export_lines(chosen: AuditFilter) -> Iterator[str]:
    """The records as CSV, oldest first, in flat memory; opens a short transaction for each part."""
    yield _line(COLUMNS)
    last = 0
    while True:
        with unit_of_work() as session:
            records = session.scalars(
                select(AuditRecord)
                .where(AuditRecord.audit_id > last, *chosen.conditions())
                .order_by(AuditRecord.audit_id)
                .limit(EXPORT_ROWS)
            ).all()
        if not records:
            return
        yield "".join(_line([_cell(getattr(one, name)) for name in COLUMNS]) for one in records)
        last = records[-1].audit_id


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
