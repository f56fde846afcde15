"""What was published, and where it was delivered."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tables.base import Base, now, part_of, points_to


class Dataset(Base):
    """A published result; readers follow `current_version_id`, never a path.

    `name_key` is the case-folded name: two jobs cannot own the same file on any file system.
    `expected_by`: new data are there by this time of the days the job is due, in its zone.
    `set_label`: of the parameter set of the job whose result it is.
    """

    __tablename__ = "datasets"

    dataset_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    name_key: Mapped[str] = mapped_column(unique=True)
    job_id: Mapped[int | None] = points_to("jobs_he.job_id", index=True)
    current_version_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("dataset_versions.version_id", use_alter=True, ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = now()
    expected_by: Mapped[time | None]
    set_label: Mapped[str | None]


class DatasetReader(Base):
    """Who reads a dataset, and with which tool; `dataset_key` is its case-folded name.

    No foreign key: files that lie in the folder are read as well and have no row of their own.
    """

    __tablename__ = "dataset_readers"
    __table_args__ = (CheckConstraint("kind IN ('user','key','file_key')", name="kind"),)

    dataset_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    tool: Mapped[str] = mapped_column(primary_key=True)
    reads: Mapped[int] = mapped_column(BigInteger)
    bytes_sent: Mapped[int] = mapped_column(BigInteger)
    first_read_at: Mapped[datetime] = now()
    last_read_at: Mapped[datetime] = now()


class DatasetColumnRead(Base):
    """A column of a dataset that somebody reads with one tool; an empty `column_name`: all of them.

    Names are those of the manifest. Like DatasetReader it outlives datasets and keys.
    """

    __tablename__ = "dataset_column_reads"
    __table_args__ = (CheckConstraint("kind IN ('user','key','file_key')", name="kind"),)

    dataset_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    tool: Mapped[str] = mapped_column(primary_key=True)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    last_read_at: Mapped[datetime] = now()


class Recording(Base):
    """Since when something is recorded here: `reads`, who reads which dataset."""

    __tablename__ = "recordings"

    subject: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = now()


class DatasetVersion(Base):
    """An immutable file of a dataset with its manifest.

    `columns`: [{name, type, native_type}, ...] in file order. `file_name` is relative to the
    versions folder. `form`: delimiter, date style and time zone it was written with. `files`: the
    parts of a split version, [{file_name, target_path, size_bytes, rows, sha256}, ...]. A guard
    that failed holds the version back: `held_at` is set, `findings` say why, [{guard, ...}, ...],
    and it is not the current one until somebody releases it, or never when it is discarded.
    `restored_at`: somebody made this older version the current one again.
    """

    __tablename__ = "dataset_versions"
    __table_args__ = (
        UniqueConstraint("run_id", "attempt", "dataset_id"),
        Index(
            "ix_dataset_versions_newest",
            "dataset_id",
            text("data_as_of DESC"),
            text("version_id DESC"),
        ),
        Index(
            "ix_dataset_versions_kept", "dataset_id", postgresql_where=text("removed_at IS NULL")
        ),
    )

    version_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.dataset_id", ondelete="CASCADE"))
    run_id: Mapped[int | None] = points_to("runs.run_id", BigInteger)
    attempt: Mapped[int]
    file_name: Mapped[str]
    target_path: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    columns: Mapped[list[dict[str, Any]]]
    form: Mapped[dict[str, Any]]
    data_as_of: Mapped[datetime]
    published_at: Mapped[datetime] = now()
    removed_at: Mapped[datetime | None]
    files: Mapped[list[dict[str, Any]] | None]
    held_at: Mapped[datetime | None]
    findings: Mapped[list[dict[str, Any]] | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    restored_at: Mapped[datetime | None]
    restored_by: Mapped[str | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[str | None]


class Target(Base):
    """Another place versions are delivered to; its secret is encrypted and bound to this row."""

    __tablename__ = "targets"

    target_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    secret_encrypted: Mapped[str | None]
    created_at: Mapped[datetime] = now()
    updated_at: Mapped[datetime] = now()


class Delivery(Base):
    """One version on its way to one target; done when size and hash were read back there."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("version_id", "target_id"),
        CheckConstraint(
            "state IN ('waiting','delivering','delivered','failed','superseded')", name="state"
        ),
        Index("ix_deliveries_run_id", "run_id"),
        Index(
            "ix_deliveries_open",
            "next_try_at",
            postgresql_where=text("state IN ('waiting','delivering')"),
        ),
    )

    delivery_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version_id: Mapped[int] = part_of("dataset_versions.version_id", BigInteger)
    target_id: Mapped[int | None] = points_to("targets.target_id")
    run_id: Mapped[int | None] = points_to("runs.run_id", BigInteger)
    target_name: Mapped[str]
    path: Mapped[str]
    state: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    next_try_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = now()
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
