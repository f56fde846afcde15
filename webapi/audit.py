"""The audit trail, for those who may change something."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from flask import Response
from pydantic import Field

from metadb.engine import unit_of_work
from models import AuditRecord
from services import audit
from services.audit import ACTIONS, AuditFilter
from webapi.access import Rule, access
from webapi.answers import answer_page
from webapi.resource import resource
from webapi.run_schemas import SearchText
from webapi.schemas import CommaList, Model, Moment, Name, PageQuery, one_of

bp = resource("audit", __name__)

Actions = Annotated[list[str], CommaList, one_of(ACTIONS), Field(max_length=10)]


class AuditQuery(PageQuery):
    """Which changes; `q` is looked for in names and values."""

    actor: Name | None = None
    entity: Name | None = None
    entity_id: Name | None = None
    action: Actions = Field(default_factory=list)
    q: SearchText | None = None
    since: Moment = None
    until: Moment = None

    def chosen(self) -> AuditFilter:
        return AuditFilter(
            actor=self.actor,
            entity=self.entity,
            entity_id=self.entity_id,
            actions=tuple(self.action),
            text=self.q,
            since=self.since,
            until=self.until,
        )


class AuditOut(Model):
    """A change: `before` and `after` hold what differs, or all of a row made or deleted."""

    audit_id: int
    happened_at: datetime
    actor: str
    address: str | None
    request_id: str | None
    action: str
    entity: str
    entity_id: str
    entity_name: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, record: AuditRecord) -> Self:
        return cls(**{name: getattr(record, name) for name in cls.model_fields})


class AuditPage(Model):
    """One page of changes, newest first."""

    items: list[AuditOut]
    total: int
    page: int
    size: int


@bp.get("/api/audit", responses={200: AuditPage})
@access(Rule.MODERATOR)
def list_audit(query: AuditQuery) -> Response:
    """Who changed what, newest first."""
    with unit_of_work() as session:
        found, total = audit.list_records(session, query.chosen(), page=query.page, size=query.size)
        items = [AuditOut.of(record) for record in found]
    return answer_page(items, total, query)


@bp.get("/api/audit/export", responses={200: None})
@access(Rule.MODERATOR)
def export_audit(query: AuditQuery) -> Response:
    """The same as CSV, oldest first, all pages."""
    response = Response(audit.export_lines(query.chosen()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response
