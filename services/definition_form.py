"""A job as a file of definitions has it: what the body of a request says, short, and by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar, Protocol

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from services.connections import default_connection
from services.definition_file import from_lines
from services.definition_names import CALLED, Body, Names
from services.job_versions import NOT_DEFINED
from services.jobs import JobFields
from services.lookup_secrets import without_secrets

NO_SCHEDULE: Mapping[str, object] = {"minute": "", "hour": "", "day": "", "slots": None}


class DefinitionInvalid(AutomacaoError):
    """A definition means nothing here; `errors` has each place."""

    code: ClassVar[str] = "definition_invalid"
    status: ClassVar[int] = 422


class DefinitionMemberUnknown(AutomacaoError):
    """A definition has a member that no job has: a slip, or one of a newer version."""

    code: ClassVar[str] = "definition_member_unknown"
    status: ClassVar[int] = 422


class DefinitionSecretMissing(AutomacaoError):
    """A look-up needs a secret that neither the file nor the job here has."""

    code: ClassVar[str] = "definition_secret_missing"
    status: ClassVar[int] = 422


class BodyForm(Protocol):
    """The request that makes a job, of which the edge knows the members and their defaults."""

    @property
    def members(self) -> Collection[str]: ...

    def fields(self, body: Mapping[str, Any]) -> JobFields:
        """Every field, the default where the body has none. Raises what a request is refused for"""
        ...

    def short(self, body: Mapping[str, Any]) -> Body:
        """The body in the order of its members, without those that are as by default."""
        ...


def written(definition: Mapping[str, Any], names: Names, form: BodyForm) -> Body:
    """A definition with numbers as a file has it, its secrets left out, queries as texts."""
    body = form.short(definition)
    schedule = body.get("schedule")
    if not schedule:
        body.pop("schedule", None)
    elif "slots" in schedule:
        body["schedule"] = {"slots": schedule["slots"]}
    if "movement" in body:
        body["movement"] = without_secrets(body["movement"])
    return names.named(body)


def read(
    entry: Mapping[str, Any],
    *,
    session: Session,
    names: Names,
    form: BodyForm,
    stored_movement: Mapping[str, Any] | None,
) -> JobFields:
    """Every field of the job that the entry of a file says.

    Secrets that the file leaves out are those of `stored_movement`, the job's as it is here. Raises
    DefinitionInvalid and what the request that makes the job is refused for.
    """
    allowed = _members(form)
    faults = [_unknown(name) for name in entry if name not in allowed]
    body, unresolved = names.numbered(from_lines(entry))
    faults += unresolved
    if isinstance(movement := body.get("movement"), Mapping):
        body["movement"], missing = _with_secrets(movement, stored_movement or {})
        faults += missing
    if faults:
        raise DefinitionInvalid("The definition cannot be used here.", errors=faults)
    if body.get("connection_id") is None:
        body["connection_id"] = default_connection(session).connection_id
    if body.get("schedule") is None:
        body["schedule"] = dict(NO_SCHEDULE)
    fields = form.fields(body)
    fields.pop("last_data_date", None)
    return fields


def place(index: int, field: str) -> str:
    """Where in the file a fault of a job's field is: `jobs[3].schedule.slots[0].hour`."""
    parts = [CALLED.get(part, part) for part in field.split(".") if part]
    inner = "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts)
    return f"jobs[{index}]{inner}"


def body_member(called: str) -> str:
    """The member of a body that a file calls so."""
    return next((member for member, name in CALLED.items() if name == called), called)


def _members(form: BodyForm) -> frozenset[str]:
    return frozenset(CALLED.get(one, one) for one in form.members if one not in NOT_DEFINED)


def _unknown(name: str) -> FieldError:
    return FieldError(
        field=name[:100],
        code=DefinitionMemberUnknown.code,
        message="is no member of a job that this version knows; correct it, or take it out",
    )


def _with_secrets(
    movement: Mapping[str, Any], stored: Mapping[str, Any]
) -> tuple[Body, list[FieldError]]:
    """The movement with the stored value of each secret header that is null."""
    kept = {key: headers[key[-1]] for _, key, headers in _secret_headers(stored)}
    copy = deepcopy(dict(movement))
    faults = []
    for where, key, headers in _secret_headers(copy):
        if headers[key[-1]] is not None:
            continue
        if kept.get(key) is not None:
            headers[key[-1]] = kept[key]
            continue
        message = "is a secret, which files do not hold; write its value in the file to import it"
        code = DefinitionSecretMissing.code
        faults.append(FieldError(field=where, code=code, message=message))
    return copy, faults


def _secret_headers(
    movement: Mapping[str, Any],
) -> Iterator[tuple[str, tuple[str, str, str], dict[str, Any]]]:
    """Of each its place, what it is known by (table, column, header), and the headers it is in.

    What has another shape is passed over: the movement's own rules refuse it.
    """
    for number, table in enumerate(_objects(movement.get("tables"))):
        for order, lookup in enumerate(_objects(table.get("lookups"))):
            headers, secret = lookup.get("headers"), lookup.get("secret_headers")
            if not isinstance(headers, dict) or not isinstance(secret, list):
                continue
            where = f"movement.tables.{number}.lookups.{order}.headers"
            for name in (str(one) for one in secret if one in headers):
                key = (str(table.get("target")), str(lookup.get("column")), name)
                yield f"{where}.{name}", key, headers


def _objects(value: object) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else []
    return [one if isinstance(one, dict) else {} for one in found]
