"""Threads that carry versions to targets, after publication and outside of any transaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath

from sqlalchemy.exc import SQLAlchemyError

from auxiliares import AutomacaoError, Settings
from datafiles.stores.base import DeliveryAbandoned, DeliveryFault, Hold, Parcel, Store
from failpoints import failpoint
from logging_config import log_context
from metadb.engine import MetadataUnavailable, unit_of_work
from services import deliveries, targets
from services.deliveries import Claimed, DeliveryKey
from services.delivery_places import delivered_paths
from services.targets import TargetNotFound
from services.versions import VersionRemoved

log = logging.getLogger(__name__)

DELIVERERS = 2
POLL_S = 1.0
LEASES_LOST = 3  # a worker that is lost loses its deliveries after so many times that long
COMPLAIN_EVERY = 30
UNEXPECTED = "The delivery failed by a fault of the program itself; the log has the details."

OpenStore = Callable[[Claimed, Settings], Store]


def open_store(claimed: Claimed, settings: Settings) -> Store:
    """Raises TargetNotFound, TargetInvalid or SecretUnreadable."""
    if claimed.target is None:
        raise TargetNotFound("The target was deleted.")
    return targets.store_of(claimed.target, settings)


class Deliverer(threading.Thread):
    """Delivers one version after the other until it is stopped."""

    def __init__(self, settings: Settings, *, open_store: OpenStore = open_store) -> None:
        super().__init__(name="deliverer", daemon=True)
        self._settings = settings
        self._open_store = open_store
        self._lease = timedelta(seconds=LEASES_LOST * settings.scheduler.lost_after_s)
        self._stopping = threading.Event()
        self._failures = 0

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                is_busy = self.deliver_next()
                self._failures = 0
            except (MetadataUnavailable, SQLAlchemyError) as exc:
                is_busy = False
                if self._failures % COMPLAIN_EVERY == 0:
                    log.warning("deliveries_unavailable", extra={"problem": str(exc).strip()})
                self._failures += 1
            if not is_busy:
                self._stopping.wait(POLL_S)

    def ask_to_stop(self) -> None:
        """Take nothing new; what is under way is handed back at its next piece."""
        self._stopping.set()

    def deliver_next(self) -> bool:
        """Carry out one delivery whose time has come; False: there is none."""
        with unit_of_work() as session:
            claimed = deliveries.claim(session, lease=self._lease)
        if claimed is None:
            return False
        with log_context(run_id=claimed.delivery.run_id):
            try:
                failpoint("after_delivery_claim")
                self._carry_out(claimed)
            except DeliveryAbandoned as exc:
                self._hand_back(claimed, exc)
            except AutomacaoError as exc:
                self._fail(claimed, exc)
            except Exception:  # the edge of a delivery: any fault ends it, never the worker
                log.exception("delivery_crashed", extra=_facts(claimed))
                self._fail(claimed, AutomacaoError(UNEXPECTED))
            else:
                self._succeed(claimed)
        return True

    def _carry_out(self, claimed: Claimed) -> None:
        store = self._open_store(claimed, self._settings)
        with held(claimed.key, self._lease, self._stopping) as hold:
            for parcel in parcels(claimed, self._settings.paths.versions):
                store.deliver(parcel, hold)
                failpoint("after_delivery")

    def _succeed(self, claimed: Claimed) -> None:
        with unit_of_work() as session:
            is_ours = deliveries.succeed(session, claimed)
        event = "version_delivered" if is_ours else "delivery_came_late"
        log.log(logging.INFO if is_ours else logging.WARNING, event, extra=_facts(claimed))

    def _fail(self, claimed: Claimed, problem: AutomacaoError) -> None:
        is_transient = isinstance(problem, DeliveryFault) and problem.is_transient
        with unit_of_work() as session:
            again = deliveries.fail(session, claimed, problem, is_transient=is_transient)
        facts = {**_facts(claimed), "code": problem.code, "problem": problem.message}
        level = logging.WARNING if again else logging.ERROR
        log.log(level, "delivery_delayed" if again else "delivery_failed", extra=facts)

    def _hand_back(self, claimed: Claimed, problem: DeliveryAbandoned) -> None:
        with unit_of_work() as session:
            deliveries.hand_back(session, claimed)
        log.info("delivery_abandoned", extra={**_facts(claimed), "problem": problem.message})


def _facts(claimed: Claimed) -> dict[str, object]:
    return {
        "delivery_id": claimed.key.delivery_id,
        "version_id": claimed.version.version_id,
        "target": claimed.delivery.target_name,
        "attempt": claimed.delivery.attempt,
    }


def parcels(claimed: Claimed, versions: Path) -> list[Parcel]:
    """The files of the version; parts keep their names beside the path. Raises VersionRemoved."""
    version, path = claimed.version, PurePosixPath(claimed.delivery.path)
    if version.removed_at is not None:
        raise VersionRemoved(f"The file of version {version.version_id} was deleted.")
    label = f"{claimed.key.delivery_id}-{claimed.delivery.attempt}"
    if not version.files:
        return [
            _parcel(versions / version.file_name, path, version.size_bytes, version.sha256, label)
        ]
    places = delivered_paths(version.files, claimed.delivery.path)
    return [
        _parcel(
            versions / part["file_name"],
            PurePosixPath(place),
            part["size_bytes"],
            part["sha256"],
            label,
        )
        for part, place in zip(version.files, places, strict=True)
    ]


def _parcel(source: Path, path: PurePosixPath, size_bytes: int, sha256: str, label: str) -> Parcel:
    return Parcel(
        source=source, path=path.as_posix(), size_bytes=size_bytes, sha256=sha256, label=label
    )


@contextmanager
def held(key: DeliveryKey, lease: timedelta, stopping: threading.Event) -> Iterator[Hold]:
    """Renew the claim in the background for as long as the block lasts."""
    claim = _Claim(key, lease, stopping)
    renewal = threading.Thread(target=claim.keep, name="delivery-claim", daemon=True)
    renewal.start()
    try:
        yield claim
    finally:
        claim.done.set()
        renewal.join()


class _Claim:
    """Knows whether the delivery still is ours. A database that is away for a while does not end
    it; the confirmation before the file gets its name does."""

    def __init__(self, key: DeliveryKey, lease: timedelta, stopping: threading.Event) -> None:
        self._key, self._lease, self._stopping = key, lease, stopping
        self._lost = threading.Event()
        self.done = threading.Event()

    def keep(self) -> None:
        while not self.done.wait(self._lease.total_seconds() / 4):
            try:
                self._renew()
            except (MetadataUnavailable, SQLAlchemyError) as exc:
                log.warning("delivery_claim_not_renewed", extra={"problem": str(exc).strip()})

    def check(self) -> None:
        if self._stopping.is_set():
            raise DeliveryAbandoned("The worker was stopped; the delivery begins anew.")
        if self._lost.is_set():
            raise DeliveryAbandoned("The delivery was superseded or taken over.")

    def confirm(self) -> None:
        self._renew()
        self.check()
        failpoint("before_delivery_rename")

    def _renew(self) -> None:
        with unit_of_work() as session:
            if not deliveries.renew(session, self._key, lease=self._lease):
                self._lost.set()
