"""The kinds of database there are; the only place that knows every connector."""

from __future__ import annotations

from auxiliares import AutomacaoError
from connectors.base import Connector

KINDS = ("postgres", "oracle")


class UnknownConnectionKind(AutomacaoError):
    """There is no connector of that name."""

    code = "unknown_connection_kind"
    status = 422


def connector_for(kind: str) -> Connector:
    """The connector of a kind; imports its driver only now. Raises UnknownConnectionKind."""
    if kind == "postgres":
        from connectors.postgres import PostgresConnector

        return PostgresConnector()
    if kind == "oracle":
        from connectors.oracle import OracleConnector

        return OracleConnector()
    raise UnknownConnectionKind(
        f"There is no kind of connection called {kind!r}; use one of: {', '.join(KINDS)}."
    )
