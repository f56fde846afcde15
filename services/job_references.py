"""What a job names by number must be there."""

from __future__ import annotations

from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Job, Parameter
from services.connections import get_connection


class ParameterUnknown(AutomacaoError):
    """The job names a parameter that does not exist."""

    code = "parameter_not_found"
    status = 422


class ConnectionUnknown(AutomacaoError):
    """The job names a connection that does not exist."""

    code = "connection_not_found"
    status = 422


def kind_of_source(session: Session, job: Job) -> str | None:
    """The kind of the connection it reads from; None: it has none. Raises ConnectionUnknown."""
    if job.connection_id is None:
        return None
    try:
        return get_connection(session, job.connection_id).kind
    except AutomacaoError as exc:
        raise ConnectionUnknown(
            exc.message,
            errors=[
                FieldError(field="connection_id", code="connection_not_found", message=exc.message)
            ],
        ) from exc


def check_parameter_exists(session: Session, parameter_id: int) -> None:
    """Raises ParameterUnknown."""
    if session.get(Parameter, parameter_id) is None:
        message = f"There is no parameter with the number {parameter_id}."
        raise ParameterUnknown(
            message,
            errors=[FieldError(field="parameter_id", code="parameter_not_found", message=message)],
        )
