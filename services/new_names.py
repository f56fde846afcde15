"""Rows that are told apart by a name: whoever takes one that is there is told so in its field."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError
from models import Calendar, Channel, Connection, Target

Named = Calendar | Channel | Connection | Target


def flush_new_name(session: Session, row: Named, taken: type[AutomacaoError]) -> None:
    """Flush; a name that another row of the table has is `taken`."""
    model: Any = type(row)
    (number,) = inspect(model).primary_key
    with session.no_autoflush:
        other = session.scalar(
            select(number).where(
                model.name == row.name, number.is_distinct_from(getattr(row, number.name))
            )
        )
    try:
        if other is None:
            session.add(row)
            session.flush()
            return
    except IntegrityError:
        pass  # somebody took the name in this moment
    message = f"There is already a {model.__name__.lower()} called {row.name}."
    raise taken(message, errors=[FieldError(field="name", code=taken.code, message=message)])
