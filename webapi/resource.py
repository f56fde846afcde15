"""The blueprint of a resource, made alike for all of them."""

from __future__ import annotations

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models.tag import Tag


def resource(name: str, import_name: str, *, tag: str | None = None) -> APIBlueprint:
    """A blueprint whose routes stand under one heading of the documentation."""
    return APIBlueprint(
        name,
        import_name,
        abp_tags=[Tag(name=tag or name)],
        operation_id_callback=_operation_id,
    )


def _operation_id(*, name: str, path: str, method: str) -> str:
    """The function's name: what clients generated from the document call the operation."""
    del path, method
    return name
