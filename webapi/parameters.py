"""Parameters: the queries that say whether a period is closed."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from models import Parameter
from services import parameters
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.connection_schemas import (
    ParameterCreate,
    ParameterCreated,
    ParameterDetail,
    ParameterList,
    ParameterOut,
    ParameterPath,
    ParameterUpdate,
)
from webapi.resource import resource
from webapi.schemas import Message

bp = resource("parameters", __name__)


@bp.get("/api/parameters", responses={200: ParameterList})
@access(Rule.NORMAL)
def list_parameters() -> Response:
    """Every parameter, by name; the queries are shown to moderators only."""
    with unit_of_work() as session:
        return answer_list([_shown(row) for row in parameters.list_parameters(session)])


@bp.get("/api/parameters/<int:parameter_id>", responses={200: ParameterDetail})
@access(Rule.NORMAL)
def get_parameter(path: ParameterPath) -> Response:
    """One parameter."""
    with unit_of_work() as session:
        return answer(_shown(parameters.get_parameter(session, path.parameter_id)))


@bp.post("/api/parameters", responses={201: ParameterCreated})
@access(Rule.MODERATOR)
def create_parameter(body: ParameterCreate) -> Response:
    """Create a parameter; its query is checked like a job's."""
    with unit_of_work() as session:
        row = parameters.create_parameter(session, body.parameter_name, body.sql_script)
        out = ParameterCreated(parameter_id=row.parameter_id)
    return answer(out, 201, location=f"/api/parameters/{out.parameter_id}")


@bp.put("/api/parameters/<int:parameter_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_parameter(path: ParameterPath, body: ParameterUpdate) -> Response:
    """Change a parameter."""
    with unit_of_work() as session:
        changed = parameters.update_parameter(
            session, path.parameter_id, name=body.parameter_name, sql_script=body.sql_script
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.delete("/api/parameters/<int:parameter_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_parameter(path: ParameterPath) -> Response:
    """Delete a parameter that no job uses."""
    with unit_of_work() as session:
        parameters.delete_parameter(session, path.parameter_id)
    return answer(Message(msg="deleted"))


def _shown(row: Parameter) -> ParameterOut:
    return ParameterDetail.of(row) if actor().is_moderator else ParameterOut.of(row)
