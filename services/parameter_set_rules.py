"""What the parameters and sets of a job must be before they are saved. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from auxiliares import AutomacaoError, FieldError
from connectors.bind_values import BindValue
from connectors.statement import check_statement, placeholders_in
from datafiles.set_names import LABEL_PLACE, has_set_places, parameters_of
from models import Job
from services.parameter_sets import (
    FIELD,
    WANTED,
    ParameterSets,
    QueryParameter,
    check_count,
    label_fault,
    label_of,
    read_back,
    value_in_form,
)
from services.windows import check_dates
from timing.date_expressions import unknown_names
from vocabulary import JobKind, ParameterType

MAX_PARAMETERS = 20
# So many faults of a pasted grid are told at once.
FAULTS_TOLD = 20
NAME = re.compile(r"[a-z_][a-z0-9_]{0,29}")
SET_FIELDS = frozenset(
    {
        "parameter_sets",
        "sql_script",
        "export_name",
        "connection_id",
        "calendar_id",
        "targets",
    }
)


class ParameterSetsInvalid(AutomacaoError):
    """The parameters or sets of the job mean nothing; `errors` names row and column."""

    code = "parameter_sets_invalid"
    status = 422


def in_form(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of parameters and sets as they were sent: names in lower case, values in their
    one written form. Raises ParameterSetsInvalid or TooManySets."""
    parameters = [
        QueryParameter(
            str(each["name"]).strip().removeprefix(":").lower(), ParameterType(each["type"])
        )
        for each in wanted["parameters"]
    ]
    query = (wanted.get("query") or "").strip() or None
    given = wanted.get("sets")
    faults = [*_parameter_faults(parameters), *_source_faults(given, query)]
    sets: list[dict[str, Any]] = []
    if not faults and given is not None:
        check_count(len(given))
        sets, faults = _sets_in_form(parameters, given)
    if faults:
        raise invalid(faults)
    return {
        "parameters": [{"name": each.name, "type": each.type.value} for each in parameters],
        "sets": sets if query is None else None,
        "query": query,
    }


def fault(place: str, message: str) -> FieldError:
    """One fault at a place below the field, for instance `sets.3.values.uf`."""
    field = f"{FIELD}.{place}" if place else FIELD
    return FieldError(field=field, code=ParameterSetsInvalid.code, message=message)


def invalid(faults: Sequence[FieldError]) -> ParameterSetsInvalid:
    more = f" There are {len(faults) - 1} more faults." if len(faults) > 1 else ""
    return ParameterSetsInvalid(faults[0]["message"] + more, errors=list(faults[:FAULTS_TOLD]))


def _parameter_faults(parameters: Sequence[QueryParameter]) -> list[FieldError]:
    if not 1 <= len(parameters) <= MAX_PARAMETERS:
        return [fault("parameters", f"Name 1 to {MAX_PARAMETERS} parameters of the query.")]
    faults = []
    names = [parameter.name for parameter in parameters]
    for number, name in enumerate(names):
        place = f"parameters.{number}.name"
        if not NAME.fullmatch(name):
            faults.append(
                fault(
                    place,
                    f"{name[:40]!r} cannot name a parameter: use up to 30 letters without accents, "
                    "digits and _, not beginning with a digit.",
                )
            )
        elif not unknown_names([name]):
            faults.append(fault(place, f":{name} stands for a date already; choose another name."))
        elif name == "label":
            faults.append(fault(place, "'label' names the set itself; choose another name."))
        elif names.index(name) < number:
            faults.append(fault(place, f"The parameter {name!r} is named twice."))
    return faults


def _source_faults(given: object, query: str | None) -> list[FieldError]:
    if query is None and not given:
        return [fault("", "Write at least one set, or a query that answers with the sets.")]
    if query is not None and given:
        return [fault("", "Either write the sets or give a query for them, not both.")]
    return []


def _sets_in_form(
    parameters: Sequence[QueryParameter], given: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[FieldError]]:
    sets: list[dict[str, Any]] = []
    faults: list[FieldError] = []
    labels: dict[str, int] = {}
    for number, one in enumerate(given):
        values, found = _values_in_form(parameters, one["values"], number)
        faults += found
        label = str(one.get("label") or "").strip() or label_of(parameters, values)
        message = label_fault(label)
        first = labels.setdefault(label.casefold(), number)
        if first < number:
            message = f"is called {label!r} like row {first + 1}; give each set a label of its own"
        if message is not None:
            faults.append(fault(f"sets.{number}.label", f"Row {number + 1}: the set {message}."))
        sets.append({"label": label, "values": values})
    return sets, faults


def _values_in_form(
    parameters: Sequence[QueryParameter], given: Mapping[str, Any], number: int
) -> tuple[dict[str, str | None], list[FieldError]]:
    by_name = {str(name).lower(): value for name, value in given.items()}
    values: dict[str, str | None] = {}
    faults = []
    for parameter in parameters:
        name = parameter.name
        place = f"sets.{number}.values.{name}"
        where = f"Row {number + 1}, column {name}: "
        if name not in by_name:
            faults.append(fault(place, f"{where}the value is missing; write null for NULL."))
            continue
        sent = by_name.pop(name)
        values[name] = None if sent is None else value_in_form(parameter.type, str(sent))
        if sent is not None and values[name] is None:
            wanted = WANTED[parameter.type]
            faults.append(fault(place, f"{where}{str(sent)[:40]!r} is not {wanted}."))
    faults += [
        fault(
            f"sets.{number}.values.{name}",
            f"Row {number + 1}, column {name[:40]}: there is no parameter of this name.",
        )
        for name in by_name
    ]
    return values, faults


def bound_value(name: str, kind: ParameterType, text: str | None) -> BindValue:
    """A value a query is tried with. Raises ParameterSetsInvalid."""
    kept = None if text is None else value_in_form(kind, text)
    if text is not None and kept is None:
        message = f"The value of {name[:40]}, {text[:40]!r}, is not {WANTED[kind]}."
        raise invalid([fault(f"values.{name}", message)])
    return BindValue(kind, read_back(kind, kept))


def check_sets(job: Job, kind: str | None) -> None:
    """Refuse parameters and sets that do not go with the rest of the job; `job.targets` must be
    loaded.

    Raises ParameterSetsInvalid, or what the query of the sets has to say.
    """
    if job.parameter_sets is None:
        return
    if job.job_kind != JobKind.EXPORT:
        raise invalid([fault("", "Only a job that exports a query has parameter sets.")])
    found = ParameterSets.of(job.parameter_sets)
    if not has_set_places(job.export_name):
        example = f"{job.export_name}_{{param:{found.parameters[0].name}}}"
        raise _name_fault(
            f"Each set has a file of its own, so the name must tell them apart: write "
            f"{LABEL_PLACE} or {{param:...}} into it, for instance {example!r}."
        )
    in_name = parameters_of(job.export_name)
    if in_name - found.names:
        raise _name_fault(
            f"The name holds {{param:{min(in_name - found.names)}}}, but the job has no parameter "
            "of this name."
        )
    in_query = {place.name for place in placeholders_in(job.sql_script or "", kind)}
    if not found.names & in_query:
        raise invalid(
            [
                fault(
                    "parameters",
                    "The query names none of the parameters; write for instance "
                    f":{found.parameters[0].name} where its value may stand.",
                )
            ]
        )
    unused = [
        fault(
            f"parameters.{number}.name",
            f"Neither the query nor the name of the file uses "
            f":{parameter.name}; take it out, or write it where its value may stand.",
        )
        for number, parameter in enumerate(found.parameters)
        if parameter.name not in in_query | in_name
    ]
    if unused:
        raise invalid(unused)
    if found.query is not None:
        check_dates(
            check_statement(found.query, kind), kind, has_calendar=job.calendar_id is not None
        )
    _check_targets(job)


def _check_targets(job: Job) -> None:
    """Each set's file keeps its own name at a target too."""
    for number, row in enumerate(job.targets):
        if row.path and not row.path.endswith("/"):
            message = (
                f"All sets would be delivered to the one file {row.path!r}; name a folder, with / "
                "at its end, in which each keeps its own name."
            )
            field = f"targets.{number}.path"
            code = ParameterSetsInvalid.code
            raise ParameterSetsInvalid(
                message, errors=[FieldError(field=field, code=code, message=message)]
            )


def _name_fault(message: str) -> ParameterSetsInvalid:
    code = ParameterSetsInvalid.code
    return ParameterSetsInvalid(
        message, errors=[FieldError(field="export_name", code=code, message=message)]
    )
