"""What a target must hold, by kind, and where a path below it really lies. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from auxiliares import AutomacaoError, FieldError
from datafiles.name_patterns import expanded, pattern_fault
from datafiles.names import name_fault
from models import Target

MAX_TEXT = 500
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")
_HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SAMPLE_DAY = date(2026, 12, 28)


class TargetInvalid(AutomacaoError):
    """A field of the target, or a path below it, cannot be; `errors` names it."""

    code = "target_invalid"
    status = 422


def check_target(target: Target) -> None:
    """Complete what has a default and refuse what cannot work. Raises TargetInvalid.

    The folder of a target of the kind `folder` is checked by who knows the settings.
    """
    if not target.name.strip() or not target.name.isprintable():
        raise refusal("name", "must not be empty")
    rules = KINDS.get(target.kind)
    if rules is None:
        raise refusal("kind", f"must be one of: {', '.join(KINDS)}")
    unknown = [name for name in target.options if name not in rules]
    if unknown:
        known = ", ".join(rules)
        raise refusal(f"options.{unknown[0][:40]}", f"is not known; the options are {known}")
    target.options = {name: rule(target.options.get(name)) for name, rule in rules.items()}


def _option(name: str, check: Callable[[Any], bool], rule: str, default: object = None) -> Any:
    def checked(value: object) -> object:
        if value is None or value == "":
            value = default
        if not check(value):
            raise refusal(f"options.{name}", rule)
        return value

    return checked


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()


def _is_endpoint(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    try:
        parts = urlsplit(value)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        is_whole
        and parts.scheme in ("http", "https")
        and parts.username is None
        and parts.path in ("", "/")
        and not parts.query
    )


def _is_remote_folder(value: object) -> bool:
    return value == "" or (_is_text(value) and ".." not in str(value).split("/"))


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


KINDS: Mapping[str, Mapping[str, Callable[[object], object]]] = {
    "folder": {"folder": _option("folder", _is_text, "must name a folder")},
    "s3": {
        "endpoint": _option(
            "endpoint", _is_endpoint, "must be an address such as https://s3.example.com, or empty"
        ),
        "bucket": _option("bucket", lambda v: _matches(_BUCKET, v), "must be the name of a bucket"),
        "region": _option(
            "region", lambda v: _matches(_REGION, v), "must be a region", "us-east-1"
        ),
        "key_id": _option("key_id", _is_text, "must not be empty"),
        "path_style": _option(
            "path_style", lambda v: isinstance(v, bool), "must be true or false", default=True
        ),
    },
    "sftp": {
        "host": _option("host", lambda v: _matches(_HOST, v), "must be the name of a server"),
        "port": _option(
            "port",
            lambda v: isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 65_535,
            "must be a number from 1 to 65535",
            22,
        ),
        "username": _option("username", _is_text, "must not be empty"),
        "folder": _option("folder", _is_remote_folder, "must be a folder without ..", ""),
        "host_key": _option(
            "host_key",
            lambda v: v is None or _matches(_HOST_KEY, v),
            "must be a fingerprint as the test shows it, SHA256: and 43 characters",
        ),
    },
}


def checked_path(path: str, *, field: str) -> str:
    """A path below a target, as it is kept: `/` between folders, perhaps with dates in it.

    Empty, or ending in `/`: the file's own name is put behind it. Raises TargetInvalid.
    """
    path = path.strip().replace("\\", "/").removeprefix("./")
    if len(path) > MAX_TEXT:
        raise refusal(field, f"has at most {MAX_TEXT} characters")
    fault = pattern_fault(path)
    if fault is None and path not in ("", "/"):
        fault = name_fault(expanded(path.removesuffix("/"), _SAMPLE_DAY).split("/"))
    if fault is not None:
        raise refusal(field, fault)
    return "" if path == "/" else path


def location(target: Target, path: str) -> str:
    """Equal for two paths that would be one file: below whichever target, in whatever case."""
    options = target.options
    if target.kind == "s3":
        base = f"s3:{options['endpoint'] or options['region']}/{options['bucket']}"
    elif target.kind == "sftp":
        base = f"sftp:{options['host']}:{options['port']}/{options['folder']}"
    else:
        base = f"folder:{options['folder']}"
    return re.sub(r"/+", "/", f"{base}/{path}").casefold()


def refusal(field: str, rule: str) -> TargetInvalid:
    message = f"{field} {rule}."
    return TargetInvalid(
        message, errors=[FieldError(field=field, code=TargetInvalid.code, message=message)]
    )
