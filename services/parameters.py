"""Parameters: named queries whose answer says whether a period is closed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from connectors.statement import check_statement
from models import Job, Parameter
from services.windows import check_dates

log = logging.getLogger(__name__)


class ParameterNotFound(AutomacaoError):
    """No parameter has this number."""

    code = "parameter_not_found"
    status = 404


class ParameterExists(AutomacaoError):
    """The name is taken."""

    code = "parameter_exists"
    status = 409


class ParameterInvalid(AutomacaoError):
    """The name is empty."""

    code = "parameter_invalid"
    status = 422


class ParameterInUse(AutomacaoError):
    """Jobs ask this parameter."""

    code = "parameter_in_use"
    status = 409


def get_parameter(session: Session, parameter_id: int) -> Parameter:
    parameter = session.get(Parameter, parameter_id)
    if parameter is None:
        raise ParameterNotFound(f"There is no parameter with the number {parameter_id}.")
    return parameter


def list_parameters(session: Session) -> Sequence[Parameter]:
    return session.scalars(
        select(Parameter).order_by(Parameter.parameter_name, Parameter.parameter_id)
    ).all()


def create_parameter(session: Session, name: str, sql_script: str) -> Parameter:
    """Raises QueryRefused, ParameterInvalid or ParameterExists."""
    check_dates(check_statement(sql_script))
    parameter = Parameter(parameter_name=_free_name(session, name), sql_script=sql_script)
    session.add(parameter)
    session.flush()
    log.info("parameter_created", extra={"parameter": parameter.parameter_name})
    return parameter


def update_parameter(
    session: Session, parameter_id: int, *, name: str | None = None, sql_script: str | None = None
) -> list[str]:
    """Store what is given and differs; returns the names of the changed fields."""
    parameter = get_parameter(session, parameter_id)
    changed = []
    if name is not None and name.strip() != parameter.parameter_name:
        parameter.parameter_name = _free_name(session, name, but=parameter_id)
        changed.append("parameter_name")
    if sql_script is not None and sql_script != parameter.sql_script:
        check_dates(check_statement(sql_script))
        parameter.sql_script = sql_script
        changed.append("sql_script")
    if changed:
        session.flush()
        log.info(
            "parameter_updated",
            extra={"parameter": parameter.parameter_name, "changed": changed},
        )
    return changed


def delete_parameter(session: Session, parameter_id: int) -> None:
    """Raises ParameterNotFound, or ParameterInUse naming the jobs."""
    parameter = get_parameter(session, parameter_id)
    jobs = session.scalars(
        select(Job.job_name).where(Job.parameter_id == parameter_id).order_by(Job.job_name)
    ).all()
    if jobs:
        raise ParameterInUse(
            f"The parameter {parameter.parameter_name} is used by: {', '.join(jobs[:10])}. "
            "Take it from these jobs first."
        )
    session.delete(parameter)
    session.flush()
    log.info("parameter_deleted", extra={"parameter": parameter.parameter_name})


def _free_name(session: Session, name: str, *, but: int | None = None) -> str:
    """The name without outer blanks. The old table allows equal names; new ones are refused."""
    name = name.strip()
    if not name:
        raise ParameterInvalid(
            "A parameter needs a name.",
            errors=[FieldError(field="parameter_name", code="required", message="is empty")],
        )
    taken = session.scalar(
        select(Parameter.parameter_id).where(
            Parameter.parameter_name == name, Parameter.parameter_id.is_distinct_from(but)
        )
    )
    if taken is not None:
        message = f"There is already a parameter called {name}."
        raise ParameterExists(
            message,
            errors=[FieldError(field="parameter_name", code="parameter_exists", message=message)],
        )
    return name
