"""Users, for root."""

from __future__ import annotations

from flask import Response

from metadb.engine import unit_of_work
from services import users
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.resource import resource
from webapi.schemas import Message
from webapi.user_schemas import UserCreate, UserCreated, UserList, UserOut, UserPath, UserUpdate

bp = resource("users", __name__)


@bp.get("/api/users", responses={200: UserList})
@access(Rule.ROOT)
def list_users() -> Response:
    """Every user, by name."""
    with unit_of_work() as session:
        return answer_list([UserOut.of(user) for user in users.list_users(session)])


@bp.post("/api/users", responses={201: UserCreated})
@access(Rule.ROOT)
def create_user(body: UserCreate) -> Response:
    """Create a user."""
    with unit_of_work() as session:
        user = users.create_user(
            session,
            body.username,
            body.password,
            body.role,
            must_change_password=body.must_change_password,
        )
        out = UserCreated(user_id=user.user_id)
    return answer(out, 201)


@bp.put("/api/users/<int:user_id>", responses={200: Message})
@access(Rule.ROOT)
def update_user(path: UserPath, body: UserUpdate) -> Response:
    """Change role, password or both; ends the user's sessions."""
    with unit_of_work() as session:
        changed = users.update_user(
            session,
            path.user_id,
            role=body.role or None,
            password=body.password or None,
            must_change_password=body.must_change_password,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.delete("/api/users/<int:user_id>", responses={200: Message})
@access(Rule.ROOT)
def delete_user(path: UserPath) -> Response:
    """Delete a user; not oneself, not the last root."""
    with unit_of_work() as session:
        users.delete_user(session, path.user_id, deleted_by=actor().user_id)
    return answer(Message(msg="deleted"))
