"""Other places that versions go to: saved with an encrypted secret, opened as stores."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auxiliares import AutomacaoError, FieldError, Settings
from datafiles.folders import ExportPathRefused, resolve_export_folder
from datafiles.stores.base import Store
from datafiles.stores.folder import FolderStore
from models import Job, JobTarget, Target
from services import deliveries
from services.new_names import flush_new_name
from services.target_rules import check_target, refusal
from stored_secrets import decrypt_secret, encrypt_secret

log = logging.getLogger(__name__)

# A stored secret does not follow to another server, where somebody else may wait for it.
ADDRESS_OPTIONS = frozenset({"endpoint", "host", "port", "host_key"})


class TargetNotFound(AutomacaoError):
    """No target has this number."""

    code = "target_not_found"
    status = 404


class TargetExists(AutomacaoError):
    """The name is taken."""

    code = "target_exists"
    status = 409


class TargetInUse(AutomacaoError):
    """Jobs deliver to this target."""

    code = "target_in_use"
    status = 409


class TargetSecretRequired(AutomacaoError):
    """The address changed, and the stored secret does not follow to another server."""

    code = "target_secret_required"
    status = 422


class TargetFields(TypedDict, total=False):
    """What a caller may set; absent means unchanged. `secret` arrives in the clear."""

    name: str
    kind: str
    options: dict[str, Any]
    secret: str | None


def list_targets(session: Session) -> Sequence[Target]:
    """By name."""
    return session.scalars(select(Target).order_by(Target.name)).all()


def get_target(session: Session, target_id: int) -> Target:
    """Raises TargetNotFound."""
    target = session.get(Target, target_id)
    if target is None:
        raise TargetNotFound(f"There is no target with the number {target_id}.")
    return target


def create_target(session: Session, fields: TargetFields, *, settings: Settings) -> Target:
    """Raises TargetInvalid or TargetExists."""
    target = Target(name=fields["name"], kind=fields["kind"], options=fields.get("options", {}))
    _check(target, settings)
    flush_new_name(session, target, TargetExists)
    _store_secret(target, fields, settings)
    session.flush()
    log.info("target_created", extra={"target": target.name})
    return target


def update_target(
    session: Session, target_id: int, fields: TargetFields, *, settings: Settings, is_root: bool
) -> list[str]:
    """Store what differs; returns the names of the changed fields. Options are replaced as a whole.

    An absent secret stays. Raises TargetNotFound, TargetInvalid, TargetExists, and
    TargetSecretRequired when somebody other than root points the stored secret elsewhere.
    """
    target = get_target(session, target_id)
    before = {"name": target.name, "kind": target.kind, "options": dict(target.options)}
    for name in before:
        if name in fields:
            setattr(target, name, cast("Mapping[str, Any]", fields)[name])
    _check(target, settings)
    changed = [name for name, value in before.items() if getattr(target, name) != value]
    old = cast("Mapping[str, Any]", before["options"])
    moved = [n for n in ADDRESS_OPTIONS if old.get(n) != target.options.get(n) and old.get(n)]
    keeps_secret = target.secret_encrypted is not None and "secret" not in fields
    if (moved or target.kind != before["kind"]) and keeps_secret and not is_root:
        message = "The server changed: enter the secret again with the new address."
        raise TargetSecretRequired(
            message,
            errors=[FieldError(field="secret", code="target_secret_required", message=message)],
        )
    if _store_secret(target, fields, settings):
        changed.append("secret")
    if changed:
        target.updated_at = func.clock_timestamp()
        flush_new_name(session, target, TargetExists)
        log.info("target_updated", extra={"target": target.name, "changed": changed})
    return changed


def delete_target(session: Session, target_id: int) -> None:
    """Raises TargetNotFound, or TargetInUse naming the jobs."""
    target = get_target(session, target_id)
    jobs = session.scalars(
        select(Job.job_name)
        .join(JobTarget, JobTarget.job_id == Job.job_id)
        .where(JobTarget.target_id == target_id)
        .order_by(Job.job_name)
    ).all()
    if jobs:
        shown = ", ".join(jobs[:10]) + (f" and {len(jobs) - 10} more" if len(jobs) > 10 else "")
        raise TargetInUse(
            f"These jobs deliver to {target.name}: {shown}. Take the target out of them first."
        )
    deliveries.give_up_target(session, target)
    session.delete(target)
    session.flush()
    log.info("target_deleted", extra={"target": target.name})


def store_of(target: Target, settings: Settings) -> Store:
    """The target opened for writing; nothing is asked yet. Raises TargetInvalid or
    SecretUnreadable."""
    options = target.options
    secret = _opened_secret(target, settings)
    if target.kind == "s3":
        from datafiles.stores.s3 import S3Store

        return S3Store(secret=secret, **options)
    if target.kind == "sftp":
        from datafiles.stores.sftp import SftpStore

        return SftpStore(secret=secret, **options)
    return FolderStore(_folder(options["folder"], settings))


def _check(target: Target, settings: Settings) -> None:
    check_target(target)
    if target.kind == "folder":
        target.options = {"folder": str(_folder(target.options["folder"], settings))}


def _folder(text: str, settings: Settings) -> Path:
    """The real folder; below an export root or one of `data_api.delivery_roots`."""
    more = (Path(root).expanduser().resolve() for root in settings.data_api.delivery_roots)
    try:
        return resolve_export_folder([*settings.paths.export_roots, *more], text)
    except ExportPathRefused as exc:
        raise refusal(
            "options.folder",
            "must lie below data_api.csv_folder_path, data_api.export_roots or "
            "data_api.delivery_roots",
        ) from exc


def _opened_secret(target: Target, settings: Settings) -> str:
    if target.secret_encrypted is None:
        return ""
    return decrypt_secret(
        settings.backend.opening_keys, target.secret_encrypted, bound_to=_bound_to(target)
    )


def _store_secret(target: Target, fields: TargetFields, settings: Settings) -> bool:
    """Encrypt a given secret; the row must have its number. An empty one removes it."""
    if "secret" not in fields:
        return False
    secret, key = fields["secret"], settings.backend.secret_key.get_secret_value()
    target.secret_encrypted = (
        encrypt_secret(key, secret, bound_to=_bound_to(target)) if secret else None
    )
    return True


def _bound_to(target: Target) -> str:
    return f"target:{target.target_id}:secret"
