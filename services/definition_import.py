"""Jobs from a file of definitions: what each would change, and saving them as any other request."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from metadb.engine import log_committed
from models import Job, JobDependency
from services.definition_form import BodyForm, body_member, place, read, written
from services.definition_names import Body, DefinitionNameAmbiguous, Names
from services.definition_order import saving_order
from services.dependencies import DependencyCycle, hold_dependencies
from services.job_proposals import propose
from services.job_versions import FieldDifference, definition_of, differences
from services.jobs import JobFields, RevisionConflict, create_job, get_job, update_job

log = logging.getLogger(__name__)


class DefinitionsRefused(AutomacaoError):
    """Nothing was imported, because not everything that was chosen can be; `errors` says where."""

    code: ClassVar[str] = "definitions_refused"
    status: ClassVar[int] = 422


class DefinitionNotInFile(AutomacaoError):
    """A job was chosen that the file does not have."""

    code: ClassVar[str] = "definition_not_in_file"
    status: ClassVar[int] = 422


class ImportState(StrEnum):
    """What an import does with a job of the file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """For whom jobs are saved; without `may_change` changes become proposals, new jobs as well."""

    user_id: int
    username: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A job of the file to import. `is_expected`: it must be at `revision`, None: not be there."""

    job_name: str
    revision: int | None = None
    is_expected: bool = False


@dataclass(slots=True)
class Entry:
    """A job of the file on its way; `before` and `after` are as the file would have them.

    `revision` is the one that was found.
    """

    index: int
    body: Mapping[str, Any]
    job_name: str
    job_id: int | None = None
    revision: int | None = None
    state: ImportState = ImportState.SAME
    before: Body = field(default_factory=dict)
    after: Body = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)

    @property
    def differences(self) -> list[FieldDifference]:
        """What changes of a job that is there."""
        return differences(self.before, self.after) if self.state == ImportState.CHANGED else []

    def refuse(self, faults: Sequence[FieldError]) -> None:
        self.state = ImportState.REFUSED
        for one in faults:
            where = place(self.index, one["field"])
            self.errors.append(FieldError(field=where, code=one["code"], message=one["message"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionImport:
    """One import in one transaction, which whoever asks commits or undoes."""

    session: Session
    form: BodyForm
    importer: Importer
    settings: Settings

    def carry_out(
        self, bodies: Sequence[Mapping[str, Any]], chosen: Sequence[Chosen] | None = None
    ) -> list[Entry]:
        """Save the chosen jobs (None: all); those that cannot be are REFUSED and left as they were.

        Raises DefinitionNotInFile.
        """
        hold_dependencies(self.session)
        entries = _entries(bodies, chosen)
        names = Names(self.session)
        expected = {one.job_name: one for one in chosen or () if one.is_expected}
        _identify(entries, names)
        self._lock(entries)
        for entry in entries:
            _check_expected(entry, expected.get(entry.job_name))
        for entry in self._in_order(entries, names):
            with self._refusing(entry):
                self._save(entry, names)
        done = [entry for entry in entries if entry.state != ImportState.SAME]
        told = {"jobs": len(done), "user_name": self.importer.username}
        log_committed(self.session, log, "definitions_imported", told)
        return entries

    def _lock(self, entries: Sequence[Entry]) -> None:
        """All at once and in order, so that two imports never wait for each other in a circle."""
        numbers = [entry.job_id for entry in entries if entry.job_id is not None]
        query = select(Job.job_id, Job.revision).where(Job.job_id.in_(numbers))
        locked = self.session.execute(query.order_by(Job.job_id).with_for_update())
        revisions = {row.job_id: row.revision for row in locked}
        for entry in entries:
            entry.revision = revisions.get(entry.job_id or 0)

    def _in_order(self, entries: Sequence[Entry], names: Names) -> list[Entry]:
        """Those that are not refused, each behind those it follows."""
        keys = {entry.job_name: _key(entry) for entry in entries}
        open_entries = {_key(one): one for one in entries if one.state != ImportState.REFUSED}
        wanted = {
            key: [
                number
                for name in _followed(entry.body)
                for number in ([keys[name]] if name in keys else names.jobs_called(name))
            ]
            for key, entry in open_entries.items()
        }
        stored: dict[int, list[int]] = {}
        rows = self.session.execute(select(JobDependency.job_id, JobDependency.after_job_id))
        for number, other in rows:
            stored.setdefault(number, []).append(other)
        order, circles = saving_order(wanted, stored)
        called = {key: name for name, key in keys.items()}
        for key, way in circles.items():
            told = " after ".join(repr(called.get(one) or names.job(one)) for one in way)
            message = f"The job would wait for itself: {told}. Take one of these out."
            open_entries[key].refuse([_fault("after", DependencyCycle, message)])
        return [open_entries[key] for key in order]

    @contextmanager
    def _refusing(self, entry: Entry) -> Iterator[None]:
        """What the rules refuse is undone, and told with its place in the file."""
        try:
            with self.session.begin_nested():
                yield
        except AutomacaoError as exc:
            whole = FieldError(field="", code=exc.code, message=exc.message)
            entry.refuse(exc.errors or [whole])

    def _save(self, entry: Entry, names: Names) -> None:
        job = None if entry.job_id is None else get_job(self.session, entry.job_id)
        if job is not None:
            entry.before = self._written(job, names)
        fields = read(
            entry.body,
            session=self.session,
            names=names,
            form=self.form,
            stored_movement=None if job is None else job.movement,
        )
        if job is None:
            self._create(entry, fields, names)
        else:
            self._change(entry, job, fields, names)

    def _create(self, entry: Entry, fields: JobFields, names: Names) -> None:
        wanted = {"job_status": "Y"} if fields["job_status"] == "Y" else {}
        if not self.importer.may_change:
            fields["job_status"] = "N"
        job = create_job(
            self.session, fields, settings=self.settings, created_by_id=self.importer.user_id
        )
        if not self.importer.may_change:
            propose(self.session, job.job_id, wanted, proposed_by=self.importer.username)
        entry.job_id = job.job_id
        names.add_job(job.job_id, job.job_name)

    def _change(self, entry: Entry, job: Job, fields: JobFields, names: Names) -> None:
        """Save what differs as the file says it; the same in other words is no change."""
        said = written(cast("Mapping[str, Any]", fields), names, self.form)
        differing = {body_member(one.field) for one in differences(entry.before, said)}
        if _gives_secrets(fields, job):
            differing.add("movement")
        changes = cast("JobFields", {n: v for n, v in fields.items() if n in differing})
        changed, after = self._update(job, changes) if changes else ([], {})
        if not changed:
            entry.state = ImportState.SAME
            return
        entry.after = written(after, names, self.form)
        if not self.importer.may_change:
            proposed = {name: after[name] for name in changed}
            propose(self.session, job.job_id, proposed, proposed_by=self.importer.username)

    def _update(self, job: Job, changes: JobFields) -> tuple[list[str], Body]:
        """What changed, and the definition then; undone again where it is only proposed."""
        with self.session.begin_nested() as trial:
            changed = update_job(self.session, job.job_id, changes, settings=self.settings)
            after = definition_of(self.session, get_job(self.session, job.job_id))
            if not self.importer.may_change:
                trial.rollback()
        return changed, after

    def _written(self, job: Job, names: Names) -> Body:
        return written(definition_of(self.session, job), names, self.form)


def refuse_unless_all(entries: Sequence[Entry]) -> None:
    """Raises DefinitionsRefused when one of them could not be saved."""
    refused = [entry for entry in entries if entry.state == ImportState.REFUSED]
    if refused:
        shown = ", ".join(repr(entry.job_name) for entry in refused[:10])
        raise DefinitionsRefused(
            f"Nothing was imported: {len(refused)} of {len(entries)} jobs cannot be ({shown}). "
            "Correct them in the file, or import the others alone.",
            errors=[fault for entry in refused for fault in entry.errors],
        )


def _entries(bodies: Sequence[Mapping[str, Any]], chosen: Sequence[Chosen] | None) -> list[Entry]:
    found = [Entry(index, body, _name(body)) for index, body in enumerate(bodies)]
    if chosen is None:
        return found
    wanted = {one.job_name for one in chosen}
    unknown = wanted - {entry.job_name for entry in found}
    if unknown:
        shown = ", ".join(repr(name) for name in sorted(unknown)[:10])
        raise DefinitionNotInFile(f"The file has no job called {shown}.")
    return [entry for entry in found if entry.job_name in wanted]


def _identify(entries: Sequence[Entry], names: Names) -> None:
    """Find the job that each means: the one of its name."""
    times = Counter(entry.job_name for entry in entries)
    for entry in entries:
        here = names.jobs_called(entry.job_name)
        entry.state = ImportState.CHANGED if here else ImportState.NEW
        if times[entry.job_name] > 1 or len(here) > 1:
            where = "in the file" if times[entry.job_name] > 1 else "here"
            message = f"Two jobs {where} have this name; give one of them another."
            entry.refuse([_fault("job_name", DefinitionNameAmbiguous, message)])
        elif here:
            entry.job_id = here[0]


def _check_expected(entry: Entry, expected: Chosen | None) -> None:
    """Refuse the job that is not as the caller saw it."""
    if expected is not None and expected.revision != entry.revision:
        message = (
            f"The job is at revision {entry.revision or 'none'}, you saw "
            f"{expected.revision or 'none'}; look at what would change again."
        )
        entry.refuse([_fault("job_name", RevisionConflict, message)])


def _name(body: Mapping[str, Any]) -> str:
    """Of a job without one: nothing; its rules refuse it."""
    name = body.get("job_name")
    return name if isinstance(name, str) else ""


def _key(entry: Entry) -> int:
    """The number of a job that is there, another for each that is not."""
    return entry.job_id if entry.job_id is not None else -1 - entry.index


def _followed(body: Mapping[str, Any]) -> list[str]:
    after = body.get("after")
    entries = after if isinstance(after, list) else []
    return [str(one["job"]) for one in entries if isinstance(one, Mapping) and "job" in one]


def _gives_secrets(fields: JobFields, job: Job) -> bool:
    """Whether the file holds a secret for the job, which nothing that is shown tells."""
    return fields.get("movement") != job.movement


def _fault(member: str, kind: type[AutomacaoError], message: str) -> FieldError:
    return FieldError(field=member, code=kind.code, message=message)
