"""Which form a request wants rows in: by `format`, the ending of the name, or `Accept`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

from flask import Request
from werkzeug.datastructures import MultiDict

from auxiliares import AutomacaoError, FieldError
from datafiles.formats.arrow_stream import MEDIA_TYPE as ARROW_MEDIA_TYPE
from datafiles.formats.form import COMPRESSED_MEDIA_TYPES, DELIMITED_FORMATS, MEDIA_TYPES, FileForm
from datafiles.rendering import Rendering, Shape
from dialects.dialect import Dialect
from dialects.profiles import LEGACY, dialect_of
from vocabulary import Compression, FileFormat

FILE: Final = "file"
WORDS: Final = (*[shape.value for shape in Shape], FILE)
PROFILE: Final = "dialect"
MEMBER: Final = "dialect."  # of `dialect.delimiter` and the like
_FLAGS: Final[Mapping[str, bool]] = {"1": True, "true": True, "0": False, "false": False}
_FLAG_MEMBERS: Final = frozenset({"zone_offset", "header", "formula_guard"})
_ACCEPTED: Final[Mapping[str, Shape]] = {
    **{MEDIA_TYPES[FileFormat(s)]: s for s in Shape if s in {*FileFormat}},
    "application/ndjson": Shape.NDJSON,
    "application/jsonl": Shape.NDJSON,
    "application/x-parquet": Shape.PARQUET,
    ARROW_MEDIA_TYPE: Shape.ARROW,
}


# What an answer may be besides JSON; files are sent as they were published.
OTHER_MEDIA_TYPES: Final = {
    *MEDIA_TYPES.values(),
    *COMPRESSED_MEDIA_TYPES.values(),
    ARROW_MEDIA_TYPE,
} - {MEDIA_TYPES[FileFormat.JSON]}


class FormatUnknown(AutomacaoError):
    """Rows come in no such form."""

    code: ClassVar[str] = "format_unknown"
    status: ClassVar[int] = 400


def wanted_word(request: Request, extension: str) -> str:
    """One of WORDS; `extension` is what the dataset was asked for with, or empty.

    Raises FormatUnknown.
    """
    asked = request.args.get("format")
    if asked:
        if asked not in WORDS:
            message = f"There is no format {asked[:20]!r}; use one of: {', '.join(WORDS)}."
            raise FormatUnknown(
                message, errors=[FieldError(field="format", code="format_unknown", message=message)]
            )
        return asked
    if extension:
        word = extension.removeprefix(".")
        return word if word in WORDS else FILE
    return _accepted(request)


def _accepted(request: Request) -> Shape:
    """The first type that is named and known; whoever takes anything gets JSON."""
    for media_type, _ in request.accept_mimetypes:
        if media_type == "*/*":
            break
        if media_type in _ACCEPTED:
            return _ACCEPTED[media_type]
    return Shape.JSON


def is_dialect(name: str) -> bool:
    """Whether a parameter says how text is written."""
    return name == PROFILE or name.startswith(MEMBER)


def is_own_form(shape: Shape, form: FileForm) -> bool:
    """Whether the file of the dataset is that very form, so that it can be sent as it is."""
    is_json = shape in {Shape.JSON, Shape.NDJSON}
    return (
        shape.value == form.file_format.value
        and form.compression is Compression.NONE
        and not is_json
    )


def rendering_of(shape: Shape, form: FileForm, args: MultiDict[str, str]) -> Rendering:
    """The form with its dialect: the one asked for, else that of the dataset's own file.

    Raises DialectInvalid.
    """
    members: dict[str, object] = {
        name.removeprefix(MEMBER): _member(name.removeprefix(MEMBER), value)
        for name, value in args.items()
        if name.startswith(MEMBER)
    }
    zone = form.dialect.time_zone
    if PROFILE in args:
        dialect = dialect_of({"profile": args[PROFILE], **members}, time_zone=zone)
    else:
        own = form.dialect if form.file_format in DELIMITED_FORMATS else None
        base = own or dialect_of({"profile": LEGACY}, time_zone=zone)
        dialect = base.changed(members)
    if shape is Shape.TSV:
        dialect = replace(dialect, delimiter="\t")
    elif shape is Shape.CSV and dialect.delimiter == "\t" and "delimiter" not in members:
        dialect = replace(dialect, delimiter=Dialect().delimiter)
    return Rendering(shape, replace(dialect, columns=()))


def _member(name: str, text: str) -> object:
    return _FLAGS.get(text.casefold(), text) if name in _FLAG_MEMBERS else text


def tag_of(etag: str, rendering: Rendering, encoding: str | None) -> str:
    """The entity tag of a representation; JSON as ever has the tag of the version alone."""
    if rendering.shape is not Shape.JSON:
        members = json.dumps(rendering.dialect.members(), sort_keys=True).encode()
        etag += f"-{rendering.shape}-{hashlib.sha256(members).hexdigest()[:8]}"
    return f"{etag}-{encoding}" if encoding else etag
