"""The words that tables, API, interface and documentation share; each a StrEnum."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a user may do; stored in users.role."""

    ROOT = "root"
    MODERATOR = "moderator"
    NORMAL = "normal"


class DataAction(StrEnum):
    """What an API key may do with the datasets in its scope."""

    READ = "read"
    SQL = "sql"
    STATUS = "status"
    METRICS = "metrics"


class ReaderKind(StrEnum):
    """How a reader of data showed who they are."""

    USER = "user"
    KEY = "key"
    FILE_KEY = "file_key"


class Freshness(StrEnum):
    """Whether a dataset's data are as new as they should be."""

    FRESH = "fresh"
    DUE = "due"
    LATE = "late"
    NEVER = "never"


class RunState(StrEnum):
    """The states of a run and of an attempt, and no others."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Trigger(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    DEPENDENCY = "dependency"
    BACKFILL = "backfill"


class Reason(StrEnum):
    """Why a run is in its state, where the state alone does not say it."""

    OVERLAP = "overlap"
    MISSED = "missed"
    PAUSED = "paused"
    MAINTENANCE = "maintenance"
    WORKER_LOST = "worker_lost"
    WORKER_STOPPED = "worker_stopped"
    ATTEMPTS_USED_UP = "attempts_used_up"
    JOB_DELETED = "job_deleted"
    JOB_INACTIVE = "job_inactive"
    ON_REQUEST = "on_request"
    GUARD = "guard"
    WINDOW_EMPTY = "window_empty"
    GATE_OPEN = "gate_open"
    NOT_BUSINESS_DAY = "not_business_day"


class Outcome(StrEnum):
    """What became of an occurrence, or will."""

    PLANNED = "planned"
    WAITING = "waiting"
    RUNNING = "running"
    RAN = "ran"
    LATE = "late"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    NOT_PLANNED = "not_planned"


class Absence(StrEnum):
    """Why there is no row of an occurrence, or nothing at all in a range of days."""

    INACTIVE = "inactive"
    PAUSED = "paused"
    MAINTENANCE = "maintenance"
    OUTSIDE_VALIDITY = "outside_validity"
    CREATED_LATER = "created_later"
    SCHEDULE_CHANGED = "schedule_changed"
    SCHEDULE_UNREADABLE = "schedule_unreadable"
    NO_SCHEDULE = "no_schedule"
    NO_SLOT = "no_slot"
    NO_SCHEDULER = "no_scheduler"
    NO_RECORD = "no_record"
    NOT_BUSINESS_DAY = "not_business_day"
    MOVED = "moved_to_business_day"


class DeliveryState(StrEnum):
    """The states of a delivery, and no others."""

    WAITING = "waiting"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class ChannelKind(StrEnum):
    """The ways notifications go."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    SLACK = "slack"
    TEAMS = "teams"
    TELEGRAM = "telegram"


class EventKind(StrEnum):
    """What happens that somebody may have to be told."""

    RUN_ENDED = "run_ended"
    LATE = "late"
    NOT_RUN = "not_run"
    DELIVERY_FAILED = "delivery_failed"


class Topic(StrEnum):
    """What a notification is about; rules choose among them."""

    FAILURE = "failure"
    RECOVERY = "recovery"
    SUCCESS = "success"
    LATE = "late"
    GUARD = "guard"
    DELIVERY_FAILED = "delivery_failed"


class NotificationState(StrEnum):
    """The states of a notification, and no others."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    MUTED = "muted"


class ExportType(StrEnum):
    """Kinds of file an export makes; all but `Chave` are those of the existing system."""

    UNICO = "Único"
    MES = "Mês"
    ACUMULADO = "Acumulado"
    CHAVE = "Chave"


class JobKind(StrEnum):
    """What a job does: write a dataset, copy whole tables, or bring tables up to date."""

    EXPORT = "export"
    TRANSFER = "transfer"
    SYNC = "sync"


class ParameterType(StrEnum):
    """What a value of a parameter set is."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"


class SetState(StrEnum):
    """How far one set of a run is. `held`: a guard held its version back; `not_run`: the run
    ended before it, which is not kept but told."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"
    NOT_RUN = "not_run"


class TableState(StrEnum):
    """How far one table of a run is; `committing`: only the target knows whether it has."""

    WAITING = "waiting"
    RUNNING = "running"
    COMMITTING = "committing"
    DONE = "done"
    FAILED = "failed"


class MissedPolicy(StrEnum):
    """Which of several occurrences that passed unobserved are run."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


class OverlapPolicy(StrEnum):
    """What becomes of an occurrence while the job still has a run."""

    SKIP = "skip"
    QUEUE = "queue"
    ALLOW = "allow"


class OffDayPolicy(StrEnum):
    """What becomes of an occurrence on a day that is no business day of the job's calendar."""

    RUN = "run"
    SKIP = "skip"
    NEXT = "next_business_day"
    PREVIOUS = "previous_business_day"


class OptionalDays(StrEnum):
    """Which days without a law that makes them holidays a calendar has off nevertheless."""

    NONE = "none"
    BANK = "bank"
    ALL = "all"


class DaySource(StrEnum):
    """Why a calendar has a day off, or on."""

    NATIONAL = "national"
    STATE = "state"
    OPTIONAL = "optional"
    OWN = "own"
    TAKEN_OUT = "taken_out"


class Condition(StrEnum):
    """How the run of another job must have ended for this one to follow."""

    SUCCESS = "success"
    FAILURE = "failure"
    COMPLETION = "completion"


class FileFormat(StrEnum):
    """What kind of file an export writes; the value is also the file's extension."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    XLSX = "xlsx"


class Compression(StrEnum):
    """How a file of text is compressed."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    ZIP = "zip"


class WaitingFor(StrEnum):
    """What keeps a queued run from being given to a worker."""

    CONNECTION_LIMIT = "connection_limit"
    QUIET_HOURS = "quiet_hours"
    MAINTENANCE = "maintenance"
    OVERLAP = "overlap"
    RETRY = "retry"
    SPREAD = "spread"
    GATE = "gate"
    BACKFILL = "backfill"


class Phase(StrEnum):
    """How far a run is that waits or runs."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    QUERYING = "querying"
    WRITING = "writing"
    PUBLISHING = "publishing"


class ErrorClass(StrEnum):
    """Whether trying again may help: yes, no, or nobody knows."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"
