"""What a target must hold, by kind, and where a path below it really lies. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from auxiliares import AutomacaoError
from datafiles.name_patterns import expanded, pattern_fault
from datafiles.names import name_fault
from models import Target
from services.option_rules import HOST, MAX_TEXT, OptionRules, Rule, is_port, matches, web_address

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_SAMPLE_DAY = date(2026, 12, 28)


class TargetInvalid(AutomacaoError):
    """A field of the target, or a path below it, cannot be; `errors` names it."""

    code = "target_invalid"
    status = 422


_RULES = OptionRules(TargetInvalid)
refusal = _RULES.refusal


def check_target(target: Target) -> None:
    """Complete what has a default and refuse what cannot work. Raises TargetInvalid.

    The folder of a target of the kind `folder` is checked by who knows the settings.
    """
    if not target.name.strip() or not target.name.isprintable():
        raise refusal("name", "must not be empty")
    rules = KINDS.get(target.kind)
    if rules is None:
        raise refusal("kind", f"must be one of: {', '.join(KINDS)}")
    target.options = _RULES.checked(target.options, rules)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()


def _is_endpoint(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return False
    parts = web_address(value)
    return parts is not None and parts.path in ("", "/") and not parts.query


def _is_remote_folder(value: object) -> bool:
    return value == "" or (_is_text(value) and ".." not in str(value).split("/"))


KINDS: Mapping[str, Mapping[str, Rule]] = {
    "folder": {"folder": _RULES.option("folder", _is_text, "must name a folder")},
    "s3": {
        "endpoint": _RULES.option(
            "endpoint", _is_endpoint, "must be an address such as https://s3.example.com, or empty"
        ),
        "bucket": _RULES.option(
            "bucket", lambda v: matches(_BUCKET, v), "must be the name of a bucket"
        ),
        "region": _RULES.option(
            "region", lambda v: matches(_REGION, v), "must be a region", "us-east-1"
        ),
        "key_id": _RULES.option("key_id", _is_text, "must not be empty"),
        "path_style": _RULES.option(
            "path_style", lambda v: isinstance(v, bool), "must be true or false", default=True
        ),
    },
    "sftp": {
        "host": _RULES.option("host", lambda v: matches(HOST, v), "must be the name of a server"),
        "port": _RULES.option("port", is_port, "must be a number from 1 to 65535", 22),
        "username": _RULES.option("username", _is_text, "must not be empty"),
        "folder": _RULES.option("folder", _is_remote_folder, "must be a folder without ..", ""),
        "host_key": _RULES.option(
            "host_key",
            lambda v: v is None or matches(_HOST_KEY, v),
            "must be a fingerprint as the test shows it, SHA256: and 43 characters",
        ),
    },
}


def checked_path(path: str, *, field: str) -> str:
    """A path below a target, as it is kept: `/` between folders, perhaps with dates in it.

    Empty, or ending in `/`: the file's own name is put behind it. Raises TargetInvalid.
    """
    path = unicodedata.normalize("NFC", path.strip()).replace("\\", "/").removeprefix("./")
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
