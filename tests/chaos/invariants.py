"""Whether a ledger and its files kept every promise, read by plain SQL and from the disk.

Nothing here uses code of the product: the slots are computed another way, the history comes from
triggers (`witness.sql`), the hashes from the files themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2.extensions
import psycopg2.extras

MINUTE = timedelta(minutes=1)
CANCELLED_BECAUSE = frozenset(
    {"overlap", "missed", "on_request", "job_deleted", "paused", "not_valid", "gate_not_open"}
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The slots a job has by its owner's words: wall-clock times on some weekdays, Monday 0.

    The chaos runs stay clear of clock changes; those have their own tests.
    """

    zone: str
    days: frozenset[int]
    hours: frozenset[int]
    minutes: frozenset[int]

    def between(self, after: datetime, until: datetime) -> set[datetime]:
        """UTC slots in (after, until], by asking every minute what the wall clock shows then."""
        zone = ZoneInfo(self.zone)
        moment = after.astimezone(UTC).replace(second=0, microsecond=0)
        found = set()
        while (moment := moment + MINUTE) <= until:
            wall = moment.astimezone(zone)
            assert wall.utcoffset() == after.astimezone(zone).utcoffset(), "a clock change"
            if (
                wall.weekday() in self.days
                and wall.hour in self.hours
                and wall.minute in self.minutes
            ):
                found.add(moment)
        return found


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in the ledger: every slot of these jobs from `since` to `until`."""

    calendars: Mapping[int, Calendar]
    since: datetime
    until: datetime
    accepted: Collection[int] = ()  # runs asked for by hand whose number was answered


@dataclass
class Findings:
    """Violations, in words, and what they are out of."""

    violations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def complain(self, sentence: str) -> None:
        self.violations.append(sentence)


def check(
    connection: psycopg2.extensions.connection,
    expected: Expected,
    *,
    versions: Path,
    exports: Path,
    seen: Mapping[str, Collection[str]] | None = None,
) -> Findings:
    """Every promise on a ledger that has come to rest. `seen`: hashes readers saw, by file name."""
    findings = Findings()
    _check_slots(connection, expected, findings)
    _check_ends(connection, expected, findings)
    _check_publications(connection, findings)
    _check_pointers(connection, findings)
    _check_attempts(connection, findings)
    _check_files(connection, versions, exports, findings)
    _check_readers(connection, seen or {}, findings)
    return findings


def rows(connection: psycopg2.extensions.connection, query: str, **values: Any) -> list[Any]:
    with connection, connection.cursor(cursor_factory=psycopg2.extras.NamedTupleCursor) as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _check_slots(
    connection: psycopg2.extensions.connection, expected: Expected, findings: Findings
) -> None:
    """Every slot exactly one row, and no row without a slot."""
    found: dict[int, list[datetime]] = {job_id: [] for job_id in expected.calendars}
    query = """select job_id, due_at from runs where trigger = 'schedule' and job_id = any(%(jobs)s)
        and due_at > %(since)s and due_at <= %(until)s"""
    jobs, since, until = list(found), expected.since, expected.until
    for row in rows(connection, query, jobs=jobs, since=since, until=until):
        found[row.job_id].append(row.due_at.astimezone(UTC))
    slots = 0
    for job_id, calendar in expected.calendars.items():
        due = calendar.between(expected.since, expected.until)
        slots += len(due)
        for moment in sorted(due - set(found[job_id])):
            findings.complain(f"job {job_id}: the slot {moment} has no row")
        for moment in sorted(set(found[job_id]) - due):
            findings.complain(f"job {job_id}: there is a row for {moment}, which is no slot")
        for moment in {m for m in found[job_id] if found[job_id].count(m) > 1}:
            findings.complain(f"job {job_id}: the slot {moment} has several rows")
    findings.counts["slots"] = slots


def _check_ends(
    connection: psycopg2.extensions.connection, expected: Expected, findings: Findings
) -> None:
    """One final state each, never left again; nothing waits for ever, nothing accepted is lost."""
    for run in rows(connection, "select run_id, state, reason, retry_at from runs"):
        if not _is_final(run.state, run.retry_at):
            findings.complain(f"run {run.run_id} is stuck in state {run.state}")
        if run.state == "cancelled" and run.reason not in CANCELLED_BECAUSE:
            findings.complain(f"run {run.run_id} was cancelled for no known reason: {run.reason}")
        if run.state == "interrupted" and run.reason != "attempts_used_up":
            findings.complain(f"run {run.run_id} stays interrupted: {run.reason}")
    ended: dict[int, str] = {}
    for step in rows(connection, "select * from chaos_runs order by seen"):
        if step.run_id in ended and step.after != ended[step.run_id]:
            findings.complain(f"run {step.run_id} went from {ended[step.run_id]} to {step.after}")
        if _is_final(step.after, step.retry_at):
            ended[step.run_id] = step.after
    for run_id in set(expected.accepted) - set(ended):
        findings.complain(f"run {run_id} was accepted and has no end")
    states = rows(connection, "select state, reason, count(*) as n from runs group by 1, 2")
    for row in states:
        findings.counts[" ".join(filter(None, ("runs", row.state, row.reason)))] = row.n
    findings.counts["runs"] = sum(row.n for row in states)


def _is_final(state: str, retry_at: datetime | None) -> bool:
    return (state in {"succeeded", "failed", "cancelled"} and retry_at is None) or (
        state == "interrupted" and retry_at is None
    )


def _check_publications(connection: psycopg2.extensions.connection, findings: Findings) -> None:
    """At most one publication per run, by the attempt that counts, and exactly those succeeded."""
    query = """select r.run_id, r.state, r.attempt, array_agg(v.attempt order by v.seen)
            filter (where v.attempt is not null) as published
        from runs r left join chaos_versions v using (run_id) group by 1, 2, 3"""
    findings.counts["published twice"] = 0
    for run in rows(connection, query):
        published = run.published or []
        if len(published) > 1:
            findings.counts["published twice"] += 1
            findings.complain(f"run {run.run_id} was published {len(published)} times: {published}")
        if (run.state == "succeeded") != bool(published):
            findings.complain(f"run {run.run_id} is {run.state}, publications: {published}")
        if published and published[-1] != run.attempt:
            findings.complain(
                f"run {run.run_id}: attempt {published[-1]} published, {run.attempt} counts"
            )
    (row,) = rows(connection, "select count(*) as n from chaos_versions")
    findings.counts["publications"] = row.n


def _check_pointers(connection: psycopg2.extensions.connection, findings: Findings) -> None:
    """A dataset's pointer goes to data that is as new or newer, never back, never to nothing."""
    query = """select p.*, old.data_as_of as was, new.data_as_of as becomes
        from chaos_pointers p
        left join chaos_versions old on old.version_id = p.before
        left join chaos_versions new on new.version_id = p.after
        order by p.seen"""
    moves = rows(connection, query)
    for move in moves:
        if move.becomes is None:
            findings.complain(f"dataset {move.dataset_id} points to {move.after}, no version")
        elif move.was is not None and move.becomes < move.was:
            findings.complain(f"dataset {move.dataset_id} went back to version {move.after}")
    findings.counts["pointer moves"] = len(moves)


def _check_attempts(connection: psycopg2.extensions.connection, findings: Findings) -> None:
    """Attempts of an ended run have ended too; the queue holds nothing for it."""
    query = """select a.run_id, a.attempt, a.state, a.finished_at, r.attempt as current
        from run_attempts a join runs r using (run_id)"""
    for row in rows(connection, query):
        if row.finished_at is None or row.state == "running":
            findings.complain(f"run {row.run_id}: attempt {row.attempt} is still {row.state}")
        if row.attempt > row.current:
            findings.complain(f"run {row.run_id}: attempt {row.attempt} is beyond {row.current}")
    (entries,) = rows(
        connection,
        "select count(*) as n from procrastinate_jobs where status in ('todo', 'doing')",
    )
    if entries.n:
        findings.complain(f"{entries.n} queue entries are left although nothing waits")


def _check_files(
    connection: psycopg2.extensions.connection, versions: Path, exports: Path, findings: Findings
) -> None:
    """Each current version and its projection are there with its hash; nothing temporary stays."""
    current = rows(
        connection,
        """select v.* from datasets d
           join dataset_versions v on v.version_id = d.current_version_id""",
    )
    for version in current:
        for path in (versions / version.file_name, Path(version.target_path)):
            if (found := hash_of(path)) != version.sha256:
                findings.complain(f"{path} has hash {found}, its version {version.sha256}")
    for folder in (versions, exports):
        for path in folder.rglob("*.part"):
            findings.complain(f"{path} was left behind")
    findings.counts["datasets"] = len(current)


def hash_of(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _check_readers(
    connection: psycopg2.extensions.connection,
    seen: Mapping[str, Collection[str]],
    findings: Findings,
) -> None:
    """Whatever a reader saw under a name is byte for byte one version of that dataset."""
    known: dict[str, set[str]] = {}
    for row in rows(connection, "select target_path, sha256 from chaos_versions"):
        known.setdefault(Path(row.target_path).name, set()).add(row.sha256)
    for name, hashes in seen.items():
        for foreign in set(hashes) - known.get(name, set()):
            findings.complain(f"a reader of {name} saw {foreign[:12]}, which is no version of it")
    findings.counts["contents seen"] = sum(map(len, seen.values()))


def lost_attempts(connection: psycopg2.extensions.connection) -> Iterator[tuple[int, int]]:
    """(run, attempt) of every attempt whose worker was declared lost."""
    query = "select run_id, attempt from run_attempts where reason = 'worker_lost'"
    for row in rows(connection, query):
        yield row.run_id, row.attempt
