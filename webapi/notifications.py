"""Who is told of what: rules, what was sent by them, and sending again."""

from __future__ import annotations

from typing import cast

from flask import Response

from metadb.engine import unit_of_work
from services import notification_rules, notifications
from services.notification_rules import RuleFields
from services.notifications import NotificationFilter
from webapi.access import Rule, access
from webapi.answers import answer, answer_list, answer_page
from webapi.notification_schemas import (
    NotificationOut,
    NotificationPage,
    NotificationPath,
    NotificationQuery,
    RuleCreate,
    RuleList,
    RuleOut,
    RulePath,
    RuleQuery,
    RuleUpdate,
)
from webapi.resource import resource
from webapi.schemas import Message

bp = resource("notifications", __name__)


@bp.get("/api/notification-rules", responses={200: RuleList})
@access(Rule.NORMAL)
def list_notification_rules(query: RuleQuery) -> Response:
    """Rules for several jobs and those of each, or of one job alone, as a bare array."""
    with unit_of_work() as session:
        found = notification_rules.list_rules(session, job_id=query.job_id)
        return answer_list([RuleOut.of(rule) for rule in found])


@bp.post("/api/notification-rules", responses={201: RuleOut})
@access(Rule.MODERATOR)
def create_notification_rule(body: RuleCreate) -> Response:
    """Tell somebody of something from now on."""
    with unit_of_work() as session:
        fields = cast("RuleFields", body.model_dump())
        out = RuleOut.of(notification_rules.create_rule(session, fields))
    return answer(out, 201, location=f"/api/notification-rules/{out.rule_id}")


@bp.put("/api/notification-rules/<int:rule_id>", responses={200: RuleOut})
@access(Rule.MODERATOR)
def update_notification_rule(path: RulePath, body: RuleUpdate) -> Response:
    """Change a rule; what already waits goes as it was."""
    with unit_of_work() as session:
        fields = cast("RuleFields", body.model_dump(exclude_unset=True))
        return answer(RuleOut.of(notification_rules.update_rule(session, path.rule_id, fields)))


@bp.delete("/api/notification-rules/<int:rule_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_notification_rule(path: RulePath) -> Response:
    """Tell nobody by this rule any more."""
    with unit_of_work() as session:
        notification_rules.delete_rule(session, path.rule_id)
    return answer(Message(msg="deleted"))


@bp.get("/api/notifications", responses={200: NotificationPage})
@access(Rule.NORMAL)
def list_notifications(query: NotificationQuery) -> Response:
    """What was sent, waits or failed, in pages, the newest first."""
    chosen = NotificationFilter(
        state=query.state, channel_id=query.channel_id, job_id=query.job_id, run_id=query.run_id
    )
    with unit_of_work() as session:
        found, total = notifications.list_notifications(
            session, chosen, page=query.page, size=query.size
        )
        items = [NotificationOut.of(notification) for notification in found]
    return answer_page(items, total, query)


@bp.post("/api/notifications/<int:notification_id>/send", responses={200: NotificationOut})
@access(Rule.MODERATOR)
def send_notification_again(path: NotificationPath) -> Response:
    """Send a notification again now: one that failed, waits, was muted, or was sent before."""
    with unit_of_work() as session:
        return answer(NotificationOut.of(notifications.send_again(session, path.notification_id)))
