"""How a worker takes a queued attempt: what hinders it is asked in the transaction of the claim.

One statement does for a run that nothing hinders and whose connection has no limit, which is most
of them; for every other run `admission` takes the locks that make its answer hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from metadb.engine import announce
from metadb.prepared import Prepared
from models import Worker
from services import admission, ledger, queue
from services.ledger import AttemptKey
from services.queue_places import Place
from vocabulary import WaitingFor

_UNHINDERED = ledger.CLAIMED.format(
    condition="""exists (
        select from looked where hindrance is null and not looked.overlaps and max_runs is null)"""
)
_TYPES = ledger.CLAIM_TYPES | admission.LOOK_TYPES
# What `hindrance_in` and the ledger's claim do where no lock is needed between the two.
_CLAIM = Prepared(
    "claim_unhindered",
    f"""
with looked as ({admission.LOOK}),
{_UNHINDERED}
select looked.*, opened.run_id is not null as is_claimed
from looked left join opened on true
""",
    _TYPES,
)


def _of_taken(part: str) -> str:
    """The part of a statement, for the attempt whose entry was taken in it."""
    for name in ("run_id", "attempt"):
        part = part.replace(f":{name}", f"(select {name} from taken)")
    return part


# The same of what comes next in the queue. The entry may be younger than what the statement sees of
# its run, which is not claimed then.
_CLAIM_NEXT = Prepared(
    "claim_next",
    f"""
with {queue.TAKE_NEXT},
looked as ({_of_taken(admission.LOOK)}),
{_of_taken(_UNHINDERED)}
select taken.*, opened.run_id is not null as is_claimed
from taken left join opened on true
""",
    {name: kind for name, kind in _TYPES.items() if name not in ("run_id", "attempt")}
    | queue.TAKE_TYPES,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of it. With a `hindrance` the attempt waits for that, its entry taken from it;
    neither ours nor hindered: it is not there any more."""

    is_ours: bool = False
    hindrance: WaitingFor | None = None


@dataclass(frozen=True, slots=True)
class NextClaim:
    """An attempt whose entry was taken from the queue, and what came of its claim."""

    entry_id: int
    key: AttemptKey
    claim: Claim


def claim(session: Session, key: AttemptKey, worker: Worker, *, zone: str) -> Claim:
    """Take the attempt for this worker, or leave it waiting for what hinders it.

    `zone`: that of quiet hours. Raises IntegrityError when a run of the same job that excludes it
    is claimed in the same moment; the transaction is lost then.
    """
    values = {**_values(worker, zone), "run_id": key.run_id, "attempt": key.attempt}
    found = _CLAIM.execute(session, values).first()
    if found is None:
        return Claim()
    if found.is_claimed:
        return _claimed(session, key)
    hindrance = admission.hindrance_in(session, key, found)
    if hindrance is None:
        return Claim(is_ours=ledger.claim(session, key, worker))
    admission.park(session, key, hindrance)
    return Claim(hindrance=hindrance)


def claim_next(session: Session, place: Place, worker: Worker, *, zone: str) -> NextClaim | None:
    """Take the next entry of the queue for a place whose run has ended, and claim its attempt.

    The place's entry is deleted. None: the queue is empty. Raises IntegrityError as `claim` does,
    and where this worker is not known to the queue any more.
    """
    values = {
        **_values(worker, zone),
        "queue": queue.QUEUE,
        "queue_worker_id": place.queue_worker_id,
        "ended_entry_id": place.entry_id,
    }
    found = _CLAIM_NEXT.execute(session, values).first()
    if found is None:
        return None
    key = AttemptKey(found.run_id, found.attempt)
    if found.is_claimed:
        return NextClaim(found.entry_id, key, _claimed(session, key))
    return NextClaim(found.entry_id, key, claim(session, key, worker, zone=zone))


def _claimed(session: Session, key: AttemptKey) -> Claim:
    announce(session, ledger.RUNS_CHANNEL, str(key.run_id))
    return Claim(is_ours=True)


def _values(worker: Worker, zone: str) -> dict[str, object]:
    return {"worker_id": worker.worker_id, "worker_name": worker.name, "zone": zone}
