"""The list of all jobs as JSON, without an object for each of them; `JobListItem` describes it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping, Sequence
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
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
# Members that are columns of the job as they stand.
_PLAIN = [name for name in JobOut.model_fields if name not in OWN_MEMBERS]
_OF_RUN = list(LastRun.model_fields)


def list_body(
    session: Session, *, default_zone: str, is_brief: bool, tags: Sequence[str] = ()
) -> bytes:
    """Every job that has all of these tags, by name; a brief list has no queries."""
    columns = _PLAIN if is_brief else [*_PLAIN, "sql_script"]
    lists = (
        orjson.dumps([_item(listed, default_zone) for listed in some], option=OPTIONS)[1:-1]
        for some in list_jobs(session, columns=columns, run_columns=_OF_RUN, tags=tags)
    )
    body = b"[" + b",".join(lists) + b"]\n"
    return body if body.isascii() else body.decode().encode("ascii", _ESCAPING)


def _escaped(found: UnicodeError) -> tuple[str, int]:
    assert isinstance(found, UnicodeEncodeError)
    return _escapes(found.object[found.start : found.end]), found.end


@lru_cache(1024)
def _escapes(letters: str) -> str:
    return json.dumps(letters)[1:-1]


_ESCAPING = "json_escapes"
codecs.register_error(_ESCAPING, _escaped)


def _item(listed: ListedJob, default_zone: str) -> dict[str, object]:
    item = listed.job
    item.setdefault("sql_script", None)
    item["schedule"] = _schedule(listed.slots)
    item["connection_name"] = listed.connection_name
    item["time_zone_effective"] = item["time_zone"] or default_zone
    item["dataset"] = listed.dataset_name
    item["last_run"] = listed.last_run
    item["after"] = [
        {"job_id": f.job_id, "job_name": f.job_name, "condition": f.condition} for f in listed.after
    ]
    item["targets"] = [{"target_id": number, "path": path} for number, path in listed.targets]
    guards = item["guards"]
    if isinstance(guards, Mapping):
        item["guards"] = GuardsOfJob(**guards).body()
    return item


@lru_cache(_SCHEDULES_KEPT)
def _schedule(schedule: Schedule) -> dict[str, object]:
    return ScheduleListOut(**schedule.list_form(), slots=slots_out(schedule)).body()
