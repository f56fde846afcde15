"""Every table of the metadata database; the existing system's five keep their names and columns."""

from tables.access import ApiKey, LogRecord, User
from tables.base import Base
from tables.calendars import Calendar
from tables.datasets import (
    Dataset,
    DatasetColumnRead,
    DatasetReader,
    DatasetVersion,
    Delivery,
    Recording,
    Target,
)
from tables.jobs import (
    Backfill,
    Connection,
    Job,
    JobDependency,
    JobSlot,
    JobTarget,
    Maintenance,
    Parameter,
)
from tables.notifications import (
    Channel,
    Notification,
    NotificationEvent,
    NotificationItem,
    NotificationRule,
)
from tables.runs import OccurrenceSpan, Run, RunAttempt, RunSet, RunTable, Worker
from tables.trail import AuditRecord, JobProposal, JobVersion, LoginFailure, LoginSession

__all__ = [
    "ApiKey",
    "AuditRecord",
    "Backfill",
    "Base",
    "Calendar",
    "Channel",
    "Connection",
    "Dataset",
    "DatasetColumnRead",
    "DatasetReader",
    "DatasetVersion",
    "Delivery",
    "Job",
    "JobDependency",
    "JobProposal",
    "JobSlot",
    "JobTarget",
    "JobVersion",
    "LogRecord",
    "LoginFailure",
    "LoginSession",
    "Maintenance",
    "Notification",
    "NotificationEvent",
    "NotificationItem",
    "NotificationRule",
    "OccurrenceSpan",
    "Parameter",
    "Recording",
    "Run",
    "RunAttempt",
    "RunSet",
    "RunTable",
    "Target",
    "User",
    "Worker",
]
