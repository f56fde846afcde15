"""Requests and responses of jobs, in the forms of the existing interface plus what is new."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, RootModel, StringConstraints, model_validator

from services.job_views import JobView
from webapi.calendar_schemas import JobCalendarIn, JobCalendarOut
from webapi.connection_schemas import SqlText, Text
from webapi.job_kind_schemas import JobKindIn, JobKindOut
from webapi.job_output_schemas import JobOutputIn, JobOutputOut
from webapi.job_policy_schemas import JobPolicyIn, JobPolicyOut, Slot, SlotList, slots_out
from webapi.job_publication_schemas import JobPublicationIn, JobPublicationOut, TargetOfJob
from webapi.job_window_schemas import DependencyOut, JobWindowIn, JobWindowOut
from webapi.movement_schemas import JobMovementIn, JobMovementOut, refuse_absent
from webapi.parameter_set_schemas import JobSetsIn, ParameterSetsOfJob
from webapi.schemas import Model, Name, OptionalInt, OptionalName, blank_is_none
from webapi.tag_schemas import AskedTags, JobTagsIn, JobTagsOut

# The longest list a client of the old interface could read and send back repeats one entry for
# each stored row; ours never needs more than a few hundred characters.
ScheduleList = Annotated[
    str,
    BeforeValidator(lambda value: "" if value is None else value),
    StringConstraints(max_length=31_000),
]
Flag = Annotated[str, StringConstraints(max_length=1)]
Revision = Annotated[
    Annotated[int, Field(ge=1)] | None,
    BeforeValidator(blank_is_none),
    Field(description="The revision that was read; 412 when the job has another one by now."),
]


class JobsQuery(Model):
    """`brief`: leave the queries out, for long lists. `tag`: only jobs that have every one."""

    brief: bool = False
    tag: AskedTags = Field(default_factory=list)


class JobPath(Model):
    """A job by number."""

    job_id: int


class ScheduleIn(Model):
    """Comma texts, as in minute "00,30", hour "06,18", day "Seg,Sáb", every combination of them;
    or `slots`, exactly these. All empty: no slots."""

    minute: ScheduleList = ""
    hour: ScheduleList = ""
    day: ScheduleList = ""
    slots: SlotList = None


class JobCreate(
    JobPolicyIn,
    JobCalendarIn,
    JobWindowIn,
    JobPublicationIn,
    JobOutputIn,
    JobKindIn,
    JobMovementIn,
    JobSetsIn,
    JobTagsIn,
):
    """A new job; what is absent gets the default that is shown.

    An export needs export_path, export_name and sql_script; a job that moves tables needs
    target_connection_id and movement.
    """

    job_name: Name
    export_path: Text = ""
    export_name: Name = ""
    sql_script: SqlText = ""
    job_status: Flag = "N"
    export_type: Name = "Único"
    check_parameter: Flag = "N"
    parameter_id: OptionalInt = None
    days_offset: OptionalInt = None
    data_primary_key: OptionalName = None
    connection_id: OptionalInt = None
    time_zone: OptionalName = None
    time_limit_s: OptionalInt = None
    schedule: ScheduleIn | None = None

    @model_validator(mode="after")
    def _check_export(self) -> Self:
        if self.job_kind == "export":
            refuse_absent(self, "export_path", "export_name", "sql_script")
        return self


class JobUpdate(
    JobPolicyIn,
    JobCalendarIn,
    JobWindowIn,
    JobPublicationIn,
    JobOutputIn,
    JobKindIn,
    JobMovementIn,
    JobSetsIn,
    JobTagsIn,
):
    """What to change of a job; absent means unchanged, the schedule included."""

    job_name: Name = ""
    export_path: Text = ""
    export_name: Name = ""
    sql_script: SqlText = ""
    job_status: Flag = "N"
    export_type: Name = "Único"
    check_parameter: Flag = "N"
    parameter_id: OptionalInt = None
    days_offset: OptionalInt = None
    data_primary_key: OptionalName = None
    connection_id: OptionalInt = None
    time_zone: OptionalName = None
    time_limit_s: OptionalInt = None
    schedule: ScheduleIn | None = None
    revision: Revision = None

    def given(self) -> dict[str, Any]:
        """The fields that were sent, without the revision; an entry of a list is whole."""
        sent = self.model_dump(exclude_unset=True, exclude={"revision"})
        whole = {"schedule", "after", "targets", "parameter_sets"}
        return sent | self.model_dump(include=whole & sent.keys())


class JobStatusIn(Model):
    """Y runs the job by its schedule, N does not."""

    job_status: Flag


class JobPauseIn(Model):
    """True: record occurrences and do not run them; false: go on."""

    paused: bool


class JobDeletion(Model):
    """`unlink`: also when other jobs run after it; they are not started any more then."""

    unlink: bool = False


class JobClone(Model):
    """Names of the new job; without `export_name` a free one is made of the old one."""

    job_name: Name
    export_name: OptionalName = None


class JobCreated(Model):
    """The number of the new job."""

    job_id: int


class ScheduleOut(Model):
    """Distinct, padded entries in order; `slots` is there when they are not every combination."""

    minute: str
    hour: str
    day: str
    slots: list[Slot] | None


class ScheduleListOut(ScheduleOut):
    """With every hour:minute the job runs at on its days."""

    complete_hour: str


class LastRun(Model):
    """The newest run of a job, in short."""

    run_id: int
    state: str
    reason: str | None
    trigger: str
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    rows: int | None
    error_code: str | None


class JobOut(
    JobPolicyOut,
    JobCalendarOut,
    JobWindowOut,
    JobPublicationOut,
    JobOutputOut,
    JobKindOut,
    JobMovementOut,
    JobTagsOut,
):
    """A job. `time_zone` is its own, `time_zone_effective` the one its schedule is read in."""

    job_id: int
    job_name: str
    job_status: str
    export_type: str
    export_path: str
    export_name: str
    days_offset: int | None
    check_parameter: str
    parameter_id: int | None
    data_primary_key: str | None
    sql_script: str | None
    connection_id: int | None
    connection_name: str | None
    time_zone: str | None
    time_zone_effective: str
    time_limit_s: int | None
    revision: int
    next_due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    dataset: str | None
    last_run: LastRun | None


# Not columns of the job as they stand.
OWN_MEMBERS = {
    "connection_name",
    "time_zone_effective",
    "dataset",
    "last_run",
    "schedule",
    "sql_script",
    "after",
    "targets",
}


class JobListItem(JobOut):
    """A job in the list, as `webapi.job_list` writes it."""

    schedule: ScheduleListOut


class JobDetail(JobOut):
    """One job; `followed_by` are the jobs that run after it."""

    schedule: ScheduleOut
    followed_by: list[DependencyOut]
    parameter_sets: ParameterSetsOfJob | None

    @classmethod
    def of(cls, view: JobView, default_zone: str) -> Self:
        schedule = view.slots
        shown = ScheduleOut(**schedule.detail_form(), slots=slots_out(schedule))
        followed_by = [DependencyOut.of(found) for found in view.followed_by]
        sets = view.job.parameter_sets
        return cls(
            schedule=shown,
            followed_by=followed_by,
            parameter_sets=None if sets is None else ParameterSetsOfJob(**sets),
            **_members(view, default_zone),
        )


class JobList(RootModel[list[JobListItem]]):
    """Jobs by name."""


def _members(view: JobView, default_zone: str) -> dict[str, Any]:
    job, run = view.job, view.last_run
    members: dict[str, Any] = {
        name: getattr(job, name) for name in JobOut.model_fields if name not in OWN_MEMBERS
    }
    return members | {
        "sql_script": job.sql_script,
        "connection_name": job.connection.name if job.connection else None,
        "time_zone_effective": job.time_zone or default_zone,
        "dataset": view.dataset_name,
        "after": [DependencyOut.of(found) for found in view.after],
        "targets": [TargetOfJob(target_id=t.target_id, path=t.path) for t in job.targets],
        "last_run": LastRun(**{f: getattr(run, f) for f in LastRun.model_fields}) if run else None,
    }
