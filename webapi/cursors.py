"""Marks of where a page ended: the version that was read and the number of the last row.

Whoever goes on with one reads the same version, so rows are neither missed nor sent twice while
newer ones are published.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import quote, urlencode

from flask import Request

from auxiliares import AutomacaoError, FieldError

MAX_CHARACTERS = 200


class CursorInvalid(AutomacaoError):
    """`after` is not what a page was answered with."""

    code: ClassVar[str] = "cursor_invalid"
    status: ClassVar[int] = 400


class CursorExpired(AutomacaoError):
    """The version whose pages were read is gone."""

    code: ClassVar[str] = "cursor_expired"
    status: ClassVar[int] = 410


@dataclass(frozen=True, slots=True)
class Cursor:
    """`tag`: the entity tag of the version; `row`: the number of the last row sent, from 0."""

    tag: str
    row: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises CursorInvalid."""
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            tag, row = json.loads(data) if len(text) <= MAX_CHARACTERS else (None, None)
        except (binascii.Error, ValueError, TypeError):
            tag, row = None, None
        if not isinstance(tag, str) or type(row) is not int or not 0 <= row < 2**62:
            message = "after is not a mark of this data API; send it as the last page named it."
            raise CursorInvalid(
                message, errors=[FieldError(field="after", code="cursor_invalid", message=message)]
            )
        return cls(tag, row)

    @property
    def version_id(self) -> int | None:
        """The version of ours that was read."""
        number = self.tag.removeprefix("v").partition("-")[0]
        is_number = number.isascii() and number.isdecimal() and len(number) < 19
        return int(number) if self.tag.startswith("v") and is_number else None

    def text(self) -> str:
        data = json.dumps([self.tag, self.row], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def next_link(request: Request, cursor: Cursor) -> str:
    """The Link header that leads to the page behind the cursor."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in {"after", "offset"}]
    query = urlencode([*kept, ("after", cursor.text())])
    return f'<{quote(request.path)}?{query}>; rel="next"'
