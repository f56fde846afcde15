"""Settings, paths and the base error; the lowest layer, imported by everything.

`python auxiliares.py` writes datafile.json with working defaults, `--check` checks the one in use.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from settings_file import replace_datafile, write_datafile

ROOT = Path(__file__).resolve().parent
ENV_PREFIX = "ASQL_"
EXAMPLE_SECRET = "troque-esta-chave"  # noqa: S105 - the sample value, refused at start
SECRET_MIN_LENGTH = 32


class FieldError(TypedDict):
    """One faulty field of a request or setting: dotted name, stable code, sentence."""

    field: str
    code: str
    message: str


class AutomacaoError(Exception):
    """Base of every error the product raises on purpose.

    `code` is stable and what the interface translates, `status` that of HTTP, `errors` are faulty
    fields, `error_class` (vocabulary.ErrorClass) says whether a run is tried again after it.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    error_class: str = "permanent"

    def __init__(self, message: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.errors = list(errors)


class SettingsInvalid(AutomacaoError):
    """The settings file or an environment variable is wrong; lists every fault at once."""

    code = "settings_invalid"


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError(
            f"no time zone is called {value!r}; write it as in America/Sao_Paulo"
        ) from exc
    return value


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _secret_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text == EXAMPLE_SECRET or len(text) < SECRET_MIN_LENGTH:
        raise ValueError(
            f"must be your own random text of at least {SECRET_MIN_LENGTH} characters; "
            "remove the line and one is generated"
        )
    return value


def _network(value: str) -> str:
    try:
        ip_network(value, strict=False)
    except ValueError as exc:
        raise ValueError("must be an address or a network, as in 10.0.0.5 or 10.0.0.0/8") from exc
    return value


Network = Annotated[str, AfterValidator(_network)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_blank_is_none)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class OracleSettings(_Section):
    """The Oracle login of the file; becomes the connection named `oracle`."""

    TSN: OptionalText = None
    INSTANT_CLIENT: OptionalText = None


class BackendSettings(_Section):
    """Where backend.py listens and with how many threads."""

    secret_key: Annotated[SecretStr, AfterValidator(_secret_key)]
    previous_secret_key: OptionalSecret = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 5000
    threads: Annotated[int, Field(ge=4, le=256)] = 32
    public_url: OptionalText = None

    @property
    def opening_keys(self) -> tuple[str, ...]:
        """Keys that stored secrets may be sealed with: the present one, then the one before."""
        keys = (self.secret_key, self.previous_secret_key)
        return tuple(key.get_secret_value() for key in keys if key is not None)


class PostgresSettings(_Section):
    """The metadata database; empty means the embedded server."""

    hostname: OptionalText = None
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    database: str = "automacaosql"
    username: str = "automacaosql"
    password: OptionalSecret = None

    @property
    def is_embedded(self) -> bool:
        return self.hostname is None


class DataApiSettings(_Section):
    """Where published files lie, which keys of the file open them, when they count as unused."""

    csv_folder_path: OptionalText = None
    export_roots: list[str] = []
    delivery_roots: list[str] = []
    api_keys: list[SecretStr] = []
    unused_after_days: Annotated[int, Field(ge=1, le=3650)] = 90


class SecuritySettings(_Section):
    """Who may speak to the server and to whom the server may speak."""

    hosts: list[str] = []
    trusted_proxies: list[Network] = []
    cors_origins: list[str] = []
    outgoing_hosts: list[str] = []
    requests_per_minute: Annotated[int, Field(ge=60, le=1_000_000)] = 6000
    streams_per_user: Annotated[int, Field(ge=1, le=256)] = 12
    downloads_per_reader: Annotated[int, Field(ge=1, le=256)] = 6
    questions_per_user: Annotated[int, Field(ge=1, le=256)] = 6


class SchedulerSettings(_Section):
    """The daemon: zone of new jobs, runs at a time, when a worker counts as lost (seconds)."""

    time_zone: TimeZoneName = "America/Sao_Paulo"
    concurrency: Annotated[int, Field(ge=1, le=64)] = 8
    heartbeat_s: Annotated[float, Field(ge=0.1, le=60)] = 5
    lost_after_s: Annotated[float, Field(ge=0.5, le=600)] = 20
    stop_grace_s: Annotated[float, Field(ge=0, le=3600)] = 30
    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    missed_within_hours: Annotated[float, Field(ge=0, le=168)] = 6
    time_limit_s: Annotated[float, Field(gt=0, le=604800)] = 7200
    retry_limit: Annotated[int, Field(ge=0, le=20)] = 2
    retry_wait_s: Annotated[float, Field(ge=0, le=3600)] = 30
    late_after_min: Annotated[int, Field(ge=1, le=1440)] = 10
    versions_kept: Annotated[int, Field(ge=1, le=1000)] = 3
    versions_kept_days: Annotated[int | None, Field(ge=1), BeforeValidator(_blank_is_none)] = None


class Settings(BaseSettings):
    """Every setting of the product. Order of trust: environment, file, default."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True
    )

    oracle_database: OracleSettings = OracleSettings()
    backend: BackendSettings
    postgres: PostgresSettings = PostgresSettings()
    user_name: OptionalText = None
    user_pass: OptionalSecret = None
    data_api: DataApiSettings = DataApiSettings()
    security: SecuritySettings = SecuritySettings()
    scheduler: SchedulerSettings = SchedulerSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The file arrives as init arguments; the environment stands above it."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def paths(self) -> Paths:
        return Paths(self)


@dataclass(frozen=True)
class Paths:
    """Folders derived from the settings; nothing is created here."""

    settings: Settings

    @property
    def data(self) -> Path:
        """The data folder: ASQL_DATA, else `data` beside the code."""
        return data_folder()

    @property
    def csv_root(self) -> Path:
        """Folder that relative export paths start from and that the data API lists."""
        configured = self.settings.data_api.csv_folder_path
        return Path(configured).expanduser().resolve() if configured else self.data / "csv"

    @property
    def export_roots(self) -> tuple[Path, ...]:
        """Every folder jobs may export to; the first is `csv_root`."""
        more = (Path(r).expanduser().resolve() for r in self.settings.data_api.export_roots)
        return (self.csv_root, *more)

    @property
    def versions(self) -> Path:
        return Path(os.path.realpath(self.data / "versions"))


def data_folder() -> Path:
    configured = os.environ.get(ENV_PREFIX + "DATA")
    return _real_folder(configured) if configured else ROOT / "data"


@lru_cache(maxsize=16)
def _real_folder(configured: str) -> Path:
    """Asked many times a run; where the data folder really is does not change meanwhile."""
    return Path(configured).expanduser().resolve()


def datafile_path() -> Path:
    """The settings file: ASQL_DATAFILE, else inside ASQL_DATA, else beside the code."""
    configured = os.environ.get(ENV_PREFIX + "DATAFILE")
    if configured:
        return Path(configured).expanduser().resolve()
    return (data_folder() if os.environ.get(ENV_PREFIX + "DATA") else ROOT) / "datafile.json"


def load_settings(path: Path | None = None) -> Settings:
    """Read, complete and check the settings; writes the file first when it is missing.

    A file without `backend.secret_key` gets a generated one written into it. Raises
    SettingsInvalid naming every fault with its key, what was found and what is expected.
    """
    path = path or datafile_path()
    write_datafile(path)
    document = _read_document(path)
    try:
        return Settings(**document)
    except ValidationError as exc:
        raise SettingsInvalid(_fault_report(path, exc), errors=_faults(exc)) from exc


def _read_document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as exc:
        raise SettingsInvalid(
            f"{path} is not valid JSON: {exc.msg} in line {exc.lineno}, column {exc.colno}. "
            "In a Windows path write / or \\\\ instead of a single \\."
        ) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsInvalid(f"{path} cannot be read: {exc}") from exc
    if not isinstance(document, dict):
        raise SettingsInvalid(f"{path} must hold one JSON object, found {type(document).__name__}")
    backend = document.setdefault("backend", {})
    has_env_key = ENV_PREFIX + "BACKEND__SECRET_KEY" in os.environ
    if isinstance(backend, dict) and not backend.get("secret_key") and not has_env_key:
        backend["secret_key"] = secrets.token_urlsafe(48)
        replace_datafile(path, document)
    return document


def change_datafile(path: Path, section: str, values: Mapping[str, str]) -> None:
    """Set keys of one section of the settings file; the file is replaced whole or not at all."""
    document = _read_document(path)
    document[section] = {**document.get(section, {}), **values}
    replace_datafile(path, document)


def _faults(exc: ValidationError) -> list[FieldError]:
    return [
        FieldError(
            field=".".join(str(part) for part in fault["loc"]),
            code=fault["type"],
            message=f"{fault['msg'].removeprefix('Value error, ')}{_found(fault)}",
        )
        for fault in exc.errors()
    ]


def _found(fault: Any) -> str:
    """What was found, unless it may be a secret: one by its name, or inside a list or object."""
    name = ".".join(str(part) for part in fault["loc"])
    hidden = any(word in name for word in ("secret", "pass", "key")) or fault["type"] == "missing"
    is_plain = isinstance(fault["input"], str | int | float | None)
    return f" (found {fault['input']!r})" if is_plain and not hidden else ""


def _fault_report(path: Path, exc: ValidationError) -> str:
    lines = [f"  {fault['field']}: {fault['message']}" for fault in _faults(exc)]
    source = f"{path} (or an {ENV_PREFIX}... environment variable)"
    return "\n".join([f"{source} has {len(lines)} fault(s):", *lines])


def unknown_keys(path: Path | None = None) -> list[str]:
    """Dotted keys of the settings file that mean nothing, for a warning at start."""
    document = _read_document(path or datafile_path())
    found: list[str] = []
    for key, value in document.items():
        field = Settings.model_fields.get(key)
        section = field.annotation if field else None
        if field is None:
            found.append(key)
        elif isinstance(section, type) and issubclass(section, _Section):
            found += [f"{key}.{k}" for k in value if k not in section.model_fields]
    return found


def main(arguments: Sequence[str]) -> int:
    """Command line: write the settings file, or check it with --check."""
    path = datafile_path()
    if "--check" not in arguments:
        made = write_datafile(path)
        sys.stdout.write(f"{path} {'written' if made else 'is already there; left as it is'}\n")
        return 0
    try:
        load_settings(path)
    except SettingsInvalid as exc:
        sys.stderr.write(exc.message + "\n")
        return 1
    for key in unknown_keys(path):
        sys.stdout.write(f"warning: {key} is not a setting and has no effect\n")
    sys.stdout.write(f"{path} is in order\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
