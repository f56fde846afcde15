"""How routes answer: JSON of a model, lists in pages with links, entity tags."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Response, jsonify, request

from webapi.schemas import Model, PageQuery


def answer(model: Model, status: int = 200, *, location: str | None = None) -> Response:
    response = jsonify(model.body())
    response.status_code = status
    if location is not None:
        response.headers["Location"] = location
    return response


def answer_list(models: Sequence[Model]) -> Response:
    """A bare array, as clients of the existing interface expect it."""
    return jsonify([model.body() for model in models])


def answer_page(items: Sequence[Model], total: int, page: PageQuery) -> Response:
    """One page, with the addresses of its neighbours in the header Link (RFC 8288)."""
    body = {
        "items": [item.body() for item in items],
        "total": total,
        "page": page.page,
        "size": page.size,
    }
    response = jsonify(body)
    last = max(1, -(-total // page.size))
    wanted = {"first": 1, "prev": page.page - 1, "next": page.page + 1, "last": last}
    links = [
        f'<{_address(number, page.size)}>; rel="{name}"'
        for name, number in wanted.items()
        if 1 <= number <= last
    ]
    response.headers["Link"] = ", ".join(links)
    return response


def _address(page: int, size: int) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in {"page", "size"}]
    return f"{request.path}?{urlencode([*kept, ('page', page), ('size', size)])}"
