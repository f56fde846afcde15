"""Connections to foreign databases; passwords go in and never come out."""

from __future__ import annotations

import logging
from typing import cast

from flask import Response, current_app, jsonify

from connectors.registry import connector_for
from metadb.engine import unit_of_work
from services import connections
from services.connections import ConnectionFields
from webapi.access import Rule, access, actor
from webapi.answers import answer, answer_list
from webapi.connection_schemas import (
    CatalogueOut,
    CatalogueQuery,
    ConnectionCreate,
    ConnectionCreated,
    ConnectionList,
    ConnectionOut,
    ConnectionPath,
    ConnectionTestOut,
    ConnectionUpdate,
    catalogue_body,
)
from webapi.fair_shares import asking_others
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings, state_of

log = logging.getLogger(__name__)

TEST_TIMEOUT_S = 10

bp = resource("connections", __name__)


@bp.get("/api/connections", responses={200: ConnectionList})
@access(Rule.NORMAL)
def list_connections() -> Response:
    """Every connection, by name."""
    with unit_of_work() as session:
        return answer_list([ConnectionOut.of(c) for c in connections.list_connections(session)])


@bp.get("/api/connections/<int:connection_id>", responses={200: ConnectionOut})
@access(Rule.NORMAL)
def get_connection(path: ConnectionPath) -> Response:
    """One connection."""
    with unit_of_work() as session:
        return answer(ConnectionOut.of(connections.get_connection(session, path.connection_id)))


@bp.post("/api/connections", responses={201: ConnectionCreated})
@access(Rule.MODERATOR)
def create_connection(body: ConnectionCreate) -> Response:
    """Save a connection; it is not tried."""
    with unit_of_work() as session:
        connection = connections.create_connection(
            session,
            cast("ConnectionFields", body.model_dump()),
            settings=current_settings(),
            is_root=actor().is_root,
        )
        out = ConnectionCreated(connection_id=connection.connection_id)
    return answer(out, 201, location=f"/api/connections/{out.connection_id}")


@bp.put("/api/connections/<int:connection_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_connection(path: ConnectionPath, body: ConnectionUpdate) -> Response:
    """Change a connection; an absent password stays as it is."""
    with unit_of_work() as session:
        changed = connections.update_connection(
            session,
            path.connection_id,
            cast("ConnectionFields", body.model_dump(exclude_unset=True)),
            settings=current_settings(),
            is_root=actor().is_root,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.delete("/api/connections/<int:connection_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_connection(path: ConnectionPath) -> Response:
    """Delete a connection that no job uses."""
    with unit_of_work() as session:
        connections.delete_connection(session, path.connection_id)
    return answer(Message(msg="deleted"))


@bp.post("/api/connections/<int:connection_id>/test", responses={200: ConnectionTestOut})
@access(Rule.MODERATOR)
def test_connection(path: ConnectionPath) -> Response:
    """Log in to the database and out again; warns of rights that go too far."""
    with unit_of_work() as session:
        connection = connections.get_connection(session, path.connection_id)
        spec = connections.spec_of(connection, current_settings())
    with asking_others():
        report = connector_for(spec.kind).test(spec, timeout_s=TEST_TIMEOUT_S)
    log.info("connection_tested", extra={"connection": spec.name})
    return answer(
        ConnectionTestOut(
            server_version=report.server_version,
            warnings=list(report.warnings),
            elapsed_ms=report.elapsed_ms,
        )
    )


@bp.get("/api/connections/<int:connection_id>/catalogue", responses={200: CatalogueOut})
@access(Rule.MODERATOR)
def get_catalogue(path: ConnectionPath, query: CatalogueQuery) -> Response:
    """Tables and columns the connection may read, for completing names; no data."""
    with unit_of_work() as session:
        connection = connections.get_connection(session, path.connection_id)
        spec = connections.spec_of(connection, current_settings())
        key = (connection.connection_id, connection.updated_at)
    cache = state_of(current_app).catalogues
    with asking_others():
        found = cache.catalogue_of(key, spec, is_fresh=query.refresh)
    return jsonify(catalogue_body(found))
