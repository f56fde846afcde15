"""Requests and responses of targets and deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, RootModel, StringConstraints

from models import Delivery, Target
from vocabulary import DeliveryState
from webapi.schemas import Model, Name, OptionalInt, PageQuery

Secret = Annotated[str, StringConstraints(max_length=20_000)]
Options = Annotated[dict[str, Any], Field(max_length=20)]


class TargetPathParameter(Model):
    """A target by number."""

    target_id: int


class TargetCreate(Model):
    """`kind` folder: options `folder`. `s3`: `endpoint` (absent: AWS), `bucket`, `region`,
    `key_id`, `path_style`; the secret is the secret key. `sftp`: `host`, `port`, `username`,
    `folder`, `host_key` (the confirmed fingerprint); the secret is a password or a private key."""

    name: Name
    kind: Name
    options: Options = Field(default_factory=dict)
    secret: Secret | None = None


class TargetUpdate(Model):
    """What to change; absent means unchanged, options are replaced as a whole. The secret can be
    written, never read."""

    name: Name = ""
    kind: Name = ""
    options: Options = Field(default_factory=dict)
    secret: Secret | None = None


class TargetOut(Model):
    """A target without its secret; `has_secret` says whether one is stored."""

    target_id: int
    name: str
    kind: str
    options: dict[str, Any]
    has_secret: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, target: Target) -> Self:
        same = [name for name in cls.model_fields if name != "has_secret"]
        return cls(
            has_secret=target.secret_encrypted is not None,
            **{name: getattr(target, name) for name in same},
        )


class TargetList(RootModel[list[TargetOut]]):
    """Targets by name."""


class TargetCreated(Model):
    """The number of the new target."""

    target_id: int


class TargetTestOut(Model):
    """`ok`: a small file was written and removed. With a `host_key` and not ok: nobody has
    confirmed this key; compare it with the server's and save it in the options as `host_key`."""

    ok: bool
    host_key: str | None
    elapsed_ms: int


def _known_state(value: str | None) -> str | None:
    if value and value not in tuple(DeliveryState):
        raise ValueError(f"must be one of: {', '.join(DeliveryState)}")
    return value or None


class DeliveryPath(Model):
    """A delivery by number."""

    delivery_id: int


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: Annotated[str | None, AfterValidator(_known_state)] = None
    target_id: OptionalInt = None
    job_id: OptionalInt = None
    run_id: OptionalInt = None


class DeliveryOut(Model):
    """A version on its way to a target. While it waits after a fault `next_try_at` says until
    when; `size_bytes` and `sha256` are what was read back at the target."""

    delivery_id: int
    version: int
    run_id: int | None
    target_id: int | None
    target_name: str
    path: str
    state: DeliveryState
    attempt: int
    error_code: str | None
    error_message: str | None
    next_try_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    size_bytes: int | None
    sha256: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        names = [n for n in cls.model_fields if n not in ("version", "next_try_at")]
        is_waiting = delivery.state == DeliveryState.WAITING
        return cls(
            version=delivery.version_id,
            next_try_at=delivery.next_try_at if is_waiting else None,
            **{name: getattr(delivery, name) for name in names},
        )


class DeliveryList(RootModel[list[DeliveryOut]]):
    """The newest first."""


class DeliveryPage(Model):
    """One page of deliveries, the newest first."""

    items: list[DeliveryOut]
    total: int
    page: int
    size: int
