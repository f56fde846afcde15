"""Deliveries of published versions to targets: queued, claimed, ended, asked for again.

A delivery is claimed for a time and the claim is renewed while it is carried out; one that is not
renewed is somebody else's to take. Whoever ends a delivery names the attempt he has, so that a
worker that was frozen changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePath
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Update, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError
from datafiles.name_patterns import expanded
from metadb.engine import notify
from models import Dataset, DatasetVersion, Delivery, Job, JobTarget, Run, Target
from services import notification_events
from services.delivery_places import TargetPathTaken, owner_of
from services.ledger import RUNS_CHANNEL
from services.windows import reference_day
from vocabulary import DeliveryState

# A claim that is not renewed for so long is open to everybody.
LEASE = timedelta(seconds=60)
# Pauses after transient faults; a delivery that has failed once more is given up.
BACK_OFF_S = (10, 30, 120, 600, 1800, 3600, 3600)
OPEN_STATES = (DeliveryState.WAITING, DeliveryState.DELIVERING)


class DeliveryNotFound(AutomacaoError):
    """No delivery has this number."""

    code = "delivery_not_found"
    status = 404


class DeliveryNotFailed(AutomacaoError):
    """The delivery is under way, done, or superseded."""

    code = "delivery_not_failed"
    status = 409


class DeliveryOutdated(AutomacaoError):
    """The version of the delivery is not the current one any more."""

    code = "delivery_outdated"
    status = 409


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """One claim of one delivery; what every fence compares."""

    delivery_id: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery to carry out now; `target` is None when it was deleted meanwhile."""

    key: DeliveryKey
    delivery: Delivery
    version: DatasetVersion
    target: Target | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """What to list; None means no restriction."""

    state: str | None = None
    target_id: int | None = None
    job_id: int | None = None
    run_id: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        of_job = Delivery.run_id.in_(select(Run.run_id).where(Run.job_id == self.job_id))
        chosen: list[ColumnElement[bool] | None] = [
            Delivery.state == self.state if self.state else None,
            Delivery.target_id == self.target_id if self.target_id is not None else None,
            of_job if self.job_id is not None else None,
            Delivery.run_id == self.run_id if self.run_id is not None else None,
        ]
        return [condition for condition in chosen if condition is not None]


def queue(session: Session, version: DatasetVersion) -> None:
    """Ask for the version at every target of its job, in the transaction that publishes it.

    What still waits for the same place is superseded. A version that is restored is sent again.
    """
    job = session.scalars(
        select(Job)
        .join(Dataset, Dataset.job_id == Job.job_id)
        .where(Dataset.dataset_id == version.dataset_id)
    ).first()
    if job is None:
        return
    day = _day_of(session, version)
    rows = session.execute(
        select(JobTarget.path, Target)
        .join(Target, Target.target_id == JobTarget.target_id)
        .where(JobTarget.job_id == job.job_id)
    )
    for pattern, target in rows.all():
        path = expanded(pattern, day)
        if path == "" or path.endswith("/"):
            path += PurePath(version.target_path).name
        _queue_one(session, version, job, target, path)


def _day_of(session: Session, version: DatasetVersion) -> date:
    """The day that names with dates are made of: that of the run, in the zone of the version."""
    zone = ZoneInfo(str(version.form.get("time_zone") or "UTC"))
    run = session.get(Run, version.run_id) if version.run_id is not None else None
    return reference_day(session, run, zone) if run else version.data_as_of.astimezone(zone).date()


def _queue_one(
    session: Session, version: DatasetVersion, job: Job, target: Target, path: str
) -> None:
    here = (Delivery.target_id == target.target_id, func.lower(Delivery.path) == path.lower())
    owner = owner_of(session, version, job.job_id, target, path)
    values: dict[str, object] = {
        "run_id": version.run_id,
        "target_name": target.name,
        "path": path,
        "state": DeliveryState.WAITING,
        "attempt": 0,
        "error_code": None,
        "error_message": None,
        "next_try_at": func.clock_timestamp(),
        "started_at": None,
        "finished_at": None,
        "size_bytes": None,
        "sha256": None,
    }
    if owner is not None:
        values |= {
            "state": DeliveryState.FAILED,
            "error_code": TargetPathTaken.code,
            "error_message": _taken(owner, path, target),
            "next_try_at": None,
            "finished_at": func.clock_timestamp(),
        }
    else:
        session.execute(
            update(Delivery)
            .where(
                *here, Delivery.version_id != version.version_id, Delivery.state.in_(OPEN_STATES)
            )
            .values(state=DeliveryState.SUPERSEDED, finished_at=func.clock_timestamp())
        )
    delivery_id = session.scalar(
        insert(Delivery)
        .values(version_id=version.version_id, target_id=target.target_id, **values)
        .on_conflict_do_update(
            index_elements=[Delivery.version_id, Delivery.target_id], set_=values
        )
        .returning(Delivery.delivery_id)
    )
    if owner is not None and delivery_id is not None:
        notification_events.delivery_failed(session, delivery_id, version.run_id)


def _taken(owner: str, path: str, target: Target) -> str:
    return (
        f"Job {owner!r} already has a file where {path} would put one at {target.name}; choose "
        "another path in one of the jobs."
    )


def claim(session: Session, *, lease: timedelta = LEASE) -> Claimed | None:
    """The next delivery whose time has come, given to the caller for so long; None: there is none.

    One whose worker did not renew its claim counts as well.
    """
    now = func.clock_timestamp()
    delivery = session.scalars(
        select(Delivery)
        .where(Delivery.state.in_(OPEN_STATES), Delivery.next_try_at <= now)
        .order_by(Delivery.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if delivery is None:
        return None
    delivery.state = DeliveryState.DELIVERING
    delivery.attempt += 1
    moment = session.scalar(select(now))
    assert moment is not None
    delivery.started_at, delivery.next_try_at = moment, moment + lease
    session.flush()
    _tell(session, delivery)
    target = session.get(Target, delivery.target_id) if delivery.target_id is not None else None
    return Claimed(
        key=DeliveryKey(delivery.delivery_id, moment),
        delivery=delivery,
        version=session.get_one(DatasetVersion, delivery.version_id),
        target=target,
    )


def _fenced(key: DeliveryKey) -> Update:
    return update(Delivery).where(
        Delivery.delivery_id == key.delivery_id,
        Delivery.started_at == key.started_at,
        Delivery.state == DeliveryState.DELIVERING,
    )


def renew(session: Session, key: DeliveryKey, *, lease: timedelta = LEASE) -> bool:
    """Keep the claim for so long again. False: the delivery is not ours any more."""
    renewed = session.execute(
        _fenced(key)
        .values(next_try_at=func.clock_timestamp() + lease)
        .returning(Delivery.delivery_id)
    ).first()
    return renewed is not None


def succeed(session: Session, claimed: Claimed) -> bool:
    """The file lies there whole, size and hash were read back. False: no longer ours.

    A place that a late worker may have overwritten with an older version is sent the current one
    again.
    """
    version = claimed.version
    if _end(
        session,
        claimed,
        state=DeliveryState.DELIVERED,
        size_bytes=version.size_bytes,
        sha256=version.sha256,
        error_code=None,
        error_message=None,
    ):
        return True
    session.execute(
        update(Delivery)
        .where(
            Delivery.target_id == claimed.delivery.target_id,
            Delivery.path == claimed.delivery.path,
            Delivery.version_id != version.version_id,
            Delivery.state == DeliveryState.DELIVERED,
            Delivery.version_id.in_(select(Dataset.current_version_id)),
        )
        .values(state=DeliveryState.WAITING, attempt=0, next_try_at=func.clock_timestamp())
    )
    return False


def fail(
    session: Session, claimed: Claimed, problem: AutomacaoError, *, is_transient: bool
) -> bool:
    """Try again after a pause, or give up. True when it will be tried again."""
    tried = claimed.delivery.attempt
    again = is_transient and tried <= len(BACK_OFF_S)
    pause = timedelta(seconds=BACK_OFF_S[min(tried, len(BACK_OFF_S)) - 1])
    ended = _end(
        session,
        claimed,
        state=DeliveryState.WAITING if again else DeliveryState.FAILED,
        next_try_at=func.clock_timestamp() + pause if again else None,
        error_code=problem.code,
        error_message=problem.message,
    )
    if ended and not again:
        delivery = claimed.delivery
        notification_events.delivery_failed(session, delivery.delivery_id, delivery.run_id)
    return again


def hand_back(session: Session, claimed: Claimed) -> None:
    """The worker stops; another one, or this one later, begins anew. Uses up no attempt."""
    session.execute(
        _fenced(claimed.key).values(
            state=DeliveryState.WAITING,
            attempt=claimed.delivery.attempt - 1,
            next_try_at=func.clock_timestamp(),
        )
    )
    _tell(session, claimed.delivery)


def _end(session: Session, claimed: Claimed, **values: object) -> bool:
    is_final = values["state"] != DeliveryState.WAITING
    values.setdefault("next_try_at", None)
    ended = session.execute(
        _fenced(claimed.key)
        .values(finished_at=func.clock_timestamp() if is_final else None, **values)
        .returning(Delivery.delivery_id)
    ).first()
    _tell(session, claimed.delivery)
    return ended is not None


def _tell(session: Session, delivery: Delivery) -> None:
    if delivery.run_id is not None:
        notify(session, RUNS_CHANNEL, str(delivery.run_id))


def retry(session: Session, delivery_id: int) -> Delivery:
    """Try a delivery that was given up again, at once, or one that waits for its next try.

    Raises DeliveryNotFound, DeliveryNotFailed, DeliveryOutdated when another version is current, or
    TargetPathTaken.
    """
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise DeliveryNotFound(f"There is no delivery with the number {delivery_id}.")
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.WAITING):
        raise DeliveryNotFailed(f"Delivery {delivery_id} is {delivery.state}.")
    dataset = session.scalar(
        select(Dataset).where(Dataset.current_version_id == delivery.version_id)
    )
    if dataset is None or delivery.target_id is None:
        raise DeliveryOutdated(
            f"Delivery {delivery_id} carries a version that is not the current one any more, or "
            "its target was deleted."
        )
    if delivery.error_code == TargetPathTaken.code:
        _check_is_free(session, delivery, dataset)
    delivery.state, delivery.attempt = DeliveryState.WAITING, 0
    delivery.next_try_at = session.scalar(select(func.clock_timestamp()))
    delivery.finished_at = None
    session.flush()
    _tell(session, delivery)
    return delivery


def _check_is_free(session: Session, delivery: Delivery, dataset: Dataset) -> None:
    """Raises TargetPathTaken while the other job's file is still there."""
    version = session.get_one(DatasetVersion, delivery.version_id)
    target = session.get_one(Target, delivery.target_id)
    owner = owner_of(session, version, dataset.job_id, target, delivery.path)
    if owner is not None:
        raise TargetPathTaken(_taken(owner, delivery.path, target))
    delivery.error_code = delivery.error_message = None


def give_up_target(session: Session, target: Target) -> None:
    """End what is still on its way to a target that is being deleted."""
    session.execute(
        update(Delivery)
        .where(Delivery.target_id == target.target_id, Delivery.state.in_(OPEN_STATES))
        .values(
            state=DeliveryState.FAILED,
            error_code="target_not_found",
            error_message="The target was deleted.",
            next_try_at=None,
            finished_at=func.clock_timestamp(),
        )
    )


def list_deliveries(
    session: Session, chosen: DeliveryFilter, *, page: int, size: int
) -> tuple[Sequence[Delivery], int]:
    """One page, the newest first, and how many there are in all."""
    conditions = chosen.conditions()
    total = session.scalar(select(func.count()).select_from(Delivery).where(*conditions)) or 0
    found = session.scalars(
        select(Delivery)
        .where(*conditions)
        .order_by(Delivery.delivery_id.desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return found, total


def is_wanted() -> ColumnElement[bool]:
    """Condition on a version: a delivery still needs its file."""
    return (
        select(Delivery.delivery_id)
        .where(Delivery.version_id == DatasetVersion.version_id, Delivery.state.in_(OPEN_STATES))
        .exists()
    )
