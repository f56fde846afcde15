"""What an attacker with some footing tries next: a found session, a role, a file of their own."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flask_openapi.openapi import OpenAPI

from metadb.engine import unit_of_work
from models import Connection
from services.connection_use import called_by, may_use
from tests.integration.conftest import PASSWORD, Cast, connection_body


def test_security_brute_force_of_the_own_password_is_slowed_down(cast: Cast) -> None:
    path = "/api/me/password"
    wrong = {"current_password": "errada", "new_password": "uma senha bem nova"}
    tried = [cast.normal.put(path, wrong) for _ in range(12)]
    assert [one.status_code for one in tried] == [403] * 10 + [429] * 2
    assert (tried[-1].json["code"], int(tried[-1].headers["Retry-After"]) > 60) == (
        "too_many_attempts",
        True,
    )
    # Also the right one waits now; somebody else's does not.
    right = {"current_password": PASSWORD, "new_password": "uma senha bem nova"}
    assert cast.normal.put(path, right).status_code == 429
    assert cast.moderator.put(path, right).status_code == 200


def test_security_brute_force_counts_nothing_for_those_who_know_it(cast: Cast) -> None:
    path, passwords = "/api/me/password", [PASSWORD, *(f"senha numero {n} x" for n in range(12))]
    for old, new in pairwise(passwords):
        changed = cast.normal.put(path, {"current_password": old, "new_password": new})
        assert changed.status_code == 200


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("oracle", {}, {"config_dir": "/srv/entregas"}),
        ("oracle", {"config_dir": "/etc/oracle"}, {}),
        ("oracle", {"protocol": "tcps"}, {"protocol": "tcp"}),
        ("postgres", {"sslmode": "verify-full"}, {"sslmode": "disable"}),
        ("postgres", {"sslmode": "verify-full"}, {"sslmode": "verify-full", "sslrootcert": "/x"}),
    ],
)
def test_security_stored_secrets_do_not_go_another_way_for_a_moderator(
    cast: Cast, kind: str, before: dict[str, str], after: dict[str, str]
) -> None:
    body = connection_body(kind=kind, options=before)
    made = cast.moderator.post("/api/connections", body)
    path = f"/api/connections/{made.json['connection_id']}"
    refused = cast.moderator.put(path, {"options": after})
    assert (refused.status_code, refused.json["code"]) == (422, "password_required")
    assert cast.root.get(path).json["options"] == before
    again = cast.moderator.put(path, {"options": after, "password": "digitada de novo"})
    assert again.json == {"msg": "updated"}


def test_security_connection_use_by_a_request_of_nobody_is_refused(
    app: OpenAPI, cast: Cast, connection_id: int
) -> None:
    del app
    with unit_of_work() as session:
        connection = session.get_one(Connection, connection_id)
        connection.usable_users = [""]
        with called_by("", None):
            assert not may_use(connection)
        assert may_use(connection)  # the product itself
        session.rollback()
