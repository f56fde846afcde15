"""What a notification says, read from the ledger when it is sent: runs, versions, deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import Settings
from messaging.facts import Item, Letter, Line
from models import (
    Dataset,
    DatasetVersion,
    Delivery,
    NotificationItem,
    NotificationRule,
    Run,
    RunTable,
)
from services import run_sets
from services.error_words import explain
from services.notifications import ClaimedNotification
from vocabulary import ChannelKind, Topic

MEGABYTE = 1_000_000
WITH_DATA = frozenset({Topic.SUCCESS, Topic.RECOVERY})


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with the mail; it is read when no transaction is open any more."""

    path: Path
    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A letter but for the content of its file."""

    letter: Letter
    enclosure: Enclosure | None


def prepare_letter(session: Session, claimed: ClaimedNotification, settings: Settings) -> Prepared:
    """The letter of a claimed notification whose channel is there."""
    channel, notification = claimed.channel, claimed.notification
    assert channel is not None
    base, language = public_base(settings), channel.language
    items = [_item(session, item, language, base) for item in notification.items]
    enclosure, too_large = None, None
    if channel.kind == ChannelKind.EMAIL and len(items) == 1:
        enclosure, too_large = _enclosure(session, claimed, settings)
    letter = Letter(
        key=notification.key,
        language=language,
        zone=ZoneInfo(settings.scheduler.time_zone),
        items=items,
        home_url=f"{base}/" if base else None,
        is_digest=notification.group_at is not None,
        too_large_bytes=too_large,
    )
    return Prepared(letter, enclosure)


def public_base(settings: Settings) -> str | None:
    """Where people reach the interface, without a slash at the end; None: nobody said."""
    configured = (settings.backend.public_url or "").strip().rstrip("/")
    return configured if configured.startswith(("https://", "http://")) else None


def _item(session: Session, item: NotificationItem, language: str, base: str | None) -> Item:
    detail: dict[str, Any] = item.detail or {}
    common: dict[str, Any] = {
        "topic": item.topic,
        "job_id": item.job_id,
        "job_name": item.job_name,
        "at": item.created_at,
    }
    run = session.get(Run, item.run_id) if item.run_id is not None else None
    if run is None:
        return Item(
            **common,
            not_run=detail.get("count"),
            reason=detail.get("reason"),
            first_due_at=_moment(detail.get("first_due_at")),
            due_at=_moment(detail.get("last_due_at")),
            url=f"{base}/jobs/{item.job_id}/why" if base and item.job_id is not None else None,
        )
    version = session.get(DatasetVersion, run.version_id) if run.version_id else None
    dataset = session.get(Dataset, version.dataset_id) if version is not None else None
    delivery = session.get(Delivery, item.delivery_id) if item.delivery_id is not None else None
    failed: Run | Delivery = run if delivery is None else delivery
    return Item(
        **common,
        run_id=run.run_id,
        url=f"{base}/runs/{run.run_id}" if base else None,
        state=run.state,
        trigger=run.trigger,
        attempt=run.attempt,
        due_at=run.due_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        duration_s=_seconds(run),
        rows=run.rows,
        size_bytes=run.size_bytes,
        error=explain(failed.error_code, failed.error_message, language),
        warning=run.warning,
        dataset=dataset.name if dataset is not None else None,
        data_url=f"{base}/datasets/{quote(dataset.name)}" if base and dataset is not None else None,
        target=f"{delivery.target_name}: {delivery.path}" if delivery is not None else None,
        lines=figures_of(session, run, version),
    )


def figures_of(session: Session, run: Run, version: DatasetVersion | None) -> Sequence[Line]:
    """Figures of the parts of a run: its parameter sets, the tables it moved, or the files of a
    version in parts."""
    if version is not None and version.files:
        return [
            Line(
                name=PurePath(str(part["target_path"])).name,
                rows=part["rows"],
                size_bytes=part["size_bytes"],
            )
            for part in version.files
        ]
    sets = run_sets.sets_of(session, run.run_id)
    if sets:
        return [
            Line(
                name=one.label,
                rows=one.rows,
                size_bytes=one.size_bytes,
                seconds=_took_s(one.started_at, one.finished_at),
                error=one.error_message,
            )
            for one in sets
        ]
    tables = session.scalars(
        select(RunTable).where(RunTable.run_id == run.run_id).order_by(RunTable.position)
    )
    return [
        Line(
            name=table.target,
            rows=table.rows,
            size_bytes=table.size_bytes,
            seconds=None if table.duration_ms is None else table.duration_ms / 1000,
            error=table.error_message,
        )
        for table in tables
    ]


def _seconds(run: Run) -> float | None:
    return _took_s(run.started_at, run.finished_at)


def _took_s(started_at: datetime | None, finished_at: datetime | None) -> float | None:
    if started_at is None or finished_at is None:
        return None
    return round((finished_at - started_at).total_seconds(), 3)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _enclosure(
    session: Session, claimed: ClaimedNotification, settings: Settings
) -> tuple[Enclosure | None, int | None]:
    """The file to attach, or the size of one that is too large; neither where none is asked for.

    A version in several parts is never attached, nor is one that was held back or removed.
    """
    notification = claimed.notification
    rule = session.get(NotificationRule, notification.rule_id or 0)
    (item,) = notification.items
    if rule is None or not rule.attach_dataset or item.topic not in WITH_DATA:
        return None, None
    run = session.get(Run, item.run_id or 0)
    version = session.get(DatasetVersion, run.version_id) if run and run.version_id else None
    if version is None or version.removed_at is not None or version.held_at is not None:
        return None, None
    if version.files or version.size_bytes > rule.attach_limit_mb * MEGABYTE:
        return None, version.size_bytes
    path = settings.paths.versions / version.file_name
    return Enclosure(path, PurePath(version.target_path).name, version.size_bytes), None
