"""Names in a file of definitions where the body of a job has numbers of this installation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Calendar, Connection, Job, Parameter, Target

Body = dict[str, Any]


class DefinitionReferenceUnknown(AutomacaoError):
    """A definition names something that this installation does not have."""

    code: ClassVar[str] = "definition_reference_unknown"
    status: ClassVar[int] = 422


class DefinitionNameAmbiguous(AutomacaoError):
    """Two jobs, or two of something else, have the name by which a definition means one."""

    code: ClassVar[str] = "definition_name_ambiguous"
    status: ClassVar[int] = 422


@dataclass(frozen=True, slots=True)
class Reference:
    """A member that holds a number, what it is called in a file, and the kind of thing it names."""

    member: str
    called: str
    kind: str


SINGLE = (
    Reference("connection_id", "connection", "connection"),
    Reference("target_connection_id", "target_connection", "connection"),
    Reference("calendar_id", "calendar", "calendar"),
    Reference("parameter_id", "parameter", "parameter"),
)
LISTED = {
    "after": Reference("job_id", "job", "job"),
    "targets": Reference("target_id", "target", "target"),
}
# In the places of faults, too.
CALLED: Mapping[str, str] = {one.member: one.called for one in (*SINGLE, *LISTED.values())}
_NAMES = {
    "connection": select(Connection.connection_id, Connection.name),
    "calendar": select(Calendar.calendar_id, Calendar.name),
    "parameter": select(Parameter.parameter_id, Parameter.parameter_name),
    "target": select(Target.target_id, Target.name),
    "job": select(Job.job_id, Job.job_name),
}


class Names:
    """What everything is called that a job can refer to, and the numbers behind each name."""

    def __init__(self, session: Session) -> None:
        self._names: dict[str, dict[int, str]] = {
            kind: dict(session.execute(query).all()) for kind, query in _NAMES.items()
        }
        self._numbers: dict[str, defaultdict[str, list[int]]] = {}
        for kind, names in self._names.items():
            self._numbers[kind] = defaultdict(list)
            for number, name in names.items():
                self._numbers[kind][name].append(number)

    def jobs_called(self, name: str) -> Sequence[int]:
        """The numbers of the jobs with this name."""
        return self._numbers["job"].get(name, [])

    def job(self, job_id: int) -> str:
        """What a job that is there is called."""
        return self._names["job"][job_id]

    def add_job(self, job_id: int, name: str) -> None:
        """A job that was made since."""
        self._names["job"][job_id] = name
        self._numbers["job"][name].append(job_id)

    def named(self, body: Mapping[str, Any]) -> Body:
        """The body with names in place of numbers; lists of references by name."""
        single = {one.member: one for one in SINGLE}
        written: Body = {}
        for member, value in body.items():
            if member in single:
                one = single[member]
                written[one.called] = self._names[one.kind].get(value)
            elif member in LISTED:
                written[member] = self._named_list(LISTED[member], value)
            else:
                written[member] = value
        return written

    def numbered(self, written: Mapping[str, Any]) -> tuple[Body, list[FieldError]]:
        """The body with numbers in place of names, and a fault for each that means nothing here."""
        faults: list[FieldError] = []
        single = {one.called: one for one in SINGLE}
        body: Body = {}
        for member, value in written.items():
            if member in single:
                one = single[member]
                body[one.member] = self._number(one.kind, value, member, faults)
            elif member in LISTED and isinstance(value, list):
                body[member] = [
                    self._numbered_entry(LISTED[member], entry, f"{member}.{place}", faults)
                    for place, entry in enumerate(value)
                ]
            else:
                body[member] = value
        return body, faults

    def _named_list(self, one: Reference, entries: Sequence[Mapping[str, Any]]) -> list[Body]:
        named = [
            {one.called: self._names[one.kind].get(entry[one.member])}
            | {member: value for member, value in entry.items() if member != one.member}
            for entry in entries
        ]
        return sorted(named, key=lambda entry: str(entry[one.called]))

    def _numbered_entry(
        self, one: Reference, entry: object, place: str, faults: list[FieldError]
    ) -> object:
        """What is no object, or names nothing, goes on as it is: the body's own rules refuse it."""
        if not isinstance(entry, Mapping) or one.called not in entry:
            return entry
        number = self._number(one.kind, entry[one.called], f"{place}.{one.called}", faults)
        rest = {member: value for member, value in entry.items() if member != one.called}
        return {one.member: number, **rest}

    def _number(self, kind: str, name: object, place: str, faults: list[FieldError]) -> int | None:
        if name is None:
            return None
        found = self._numbers[kind].get(name, []) if isinstance(name, str) else []
        if len(found) == 1:
            return found[0]
        shown = repr(name)[:100]
        if found:
            message = f"There are {len(found)} {kind}s called {shown} here; give them other names."
            code = DefinitionNameAmbiguous.code
        else:
            message = f"There is no {kind} called {shown} here; make it first, or write another."
            code = DefinitionReferenceUnknown.code
        faults.append(FieldError(field=place, code=code, message=message))
        return None
