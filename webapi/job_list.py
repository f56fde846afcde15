"""The list of all jobs as JSON, without an object for each of them; `JobListItem` describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

import orjson
from sqlalchemy.orm import Session

from services.job_list import ListedJob, list_jobs
from timing.slots import Schedule
from webapi.job_policy_schemas import slots_out
from webapi.job_publication_schemas import GuardsOfJob
from webapi.job_schemas import OWN_MEMBERS, JobOut, LastRun, ScheduleListOut

_SCHEDULES_KEPT = 20_000
# As every other answer: members by name, letters beyond ASCII escaped, a line end.
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# Members that are columns of the job as they stand.
_PLAIN = [name for name in JobOut.model_fields if name not in OWN_MEMBERS]
_OF_RUN = list(LastRun.model_fields)


def list_body(session: Session, *, default_zone: str, is_brief: bool) -> bytes:
    """Every job, by name; a brief list has no queries."""
    columns = _PLAIN if is_brief else [*_PLAIN, "sql_script"]
    listed = list_jobs(session, columns=columns, run_columns=_OF_RUN)
    body = orjson.dumps([_item(job, default_zone) for job in listed], option=OPTIONS)
    return body if body.isascii() else _NOT_ASCII.sub(_escaped, body.decode()).encode()


def _escaped(letters: re.Match[str]) -> str:
    return json.dumps(letters[0])[1:-1]


def _item(listed: ListedJob, default_zone: str) -> dict[str, object]:
    job = listed.job
    item = {
        "sql_script": None,
        **job,
        "schedule": _schedule(listed.slots),
        "connection_name": listed.connection_name,
        "time_zone_effective": job["time_zone"] or default_zone,
        "dataset": listed.dataset_name,
        "last_run": listed.last_run,
        "after": [
            {"job_id": f.job_id, "job_name": f.job_name, "condition": f.condition}
            for f in listed.after
        ],
        "targets": [{"target_id": number, "path": path} for number, path in listed.targets],
    }
    guards = job["guards"]
    if isinstance(guards, Mapping):
        item["guards"] = GuardsOfJob(**guards).body()
    return item


@lru_cache(_SCHEDULES_KEPT)
def _schedule(schedule: Schedule) -> dict[str, object]:
    return ScheduleListOut(**schedule.list_form(), slots=slots_out(schedule)).body()
