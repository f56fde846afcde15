"""The statements of a publication; written out, as every run that succeeds passes through them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from metadb.engine import announce, ask
from metadb.prepared import Prepared, execute_in_turn
from metadb.questions import Question
from services.ledger import RUNS_CHANNEL, AttemptKey

# The run, locked while this attempt is running, so that nobody declares it lost meanwhile. The job
# of a run that has a window is locked before it, as everybody does who locks both.
_FENCE = Prepared(
    "pass_fence",
    """
with held as materialized (
    select j.job_id from jobs_he j join runs r on r.job_id = j.job_id
    where r.run_id = :run_id and r.window_end is not null
    for no key update of j
),
ordered as materialized (select count(*) as jobs from held)
select r.run_id from ordered cross join runs r
where r.run_id = :run_id and r.attempt = :attempt and r.state = 'running'
for update of r
""",
    {"run_id": "bigint", "attempt": "integer"},
)

# Publications, releases and restorations of one dataset come one after the other.
_HOLD_DATASET = Prepared(
    "hold_dataset",
    "select from datasets where dataset_id = :dataset_id for update",
    {"dataset_id": "integer"},
)

# A statement of its own: it must see what others published while their lock was waited for.
_PUBLISHED = Prepared(
    "look_at_published",
    """
select d.current_version_id, c.columns,
       coalesce(r.attempt = :attempt and r.state = 'running', false) as is_ours,
       exists (select from job_targets t where t.job_id = d.job_id) as has_targets,
       exists (select from job_dependencies f where f.after_job_id = r.job_id) as has_followers,
       exists (select from notification_rules) as has_rules
from datasets d
left join dataset_versions c on c.version_id = d.current_version_id
left join runs r on r.run_id = :run_id
where d.dataset_id = :dataset_id
""",
    {"dataset_id": "integer", "run_id": "bigint", "attempt": "integer"},
)

# The version, the end of its run and attempt, the pointer and the last day of data, both forward
# only. The fence has locked the run, so its number is enough here.
_PUBLISH = Prepared(
    "publish_version",
    """
with version as (
    insert into dataset_versions (dataset_id, run_id, attempt, file_name, target_path, size_bytes,
                                  rows, sha256, columns, form, data_as_of, files)
    values (:dataset_id, :run_id, :attempt, :file_name, :target_path, :size_bytes,
            :rows, :sha256, :columns, :form, :data_as_of, :files)
    returning version_id
),
ended as (
    update runs
    set state = 'succeeded', finished_at = clock_timestamp(), rows = :rows,
        size_bytes = :size_bytes, error_code = null, error_message = null,
        version_id = version.version_id,
        warning = nullif(concat_ws(' ', warning, :warning), '')
    from version where run_id = :run_id
),
closed as (
    update run_attempts
    set state = 'succeeded', reason = null, error_code = null, error_message = null,
        error_class = null, finished_at = clock_timestamp(), retry_at = null
    where run_id = :run_id and attempt = :attempt
),
loaded as (
    update jobs_he j set last_data_date = r.window_end
    from runs r
    where r.run_id = :run_id and j.job_id = r.job_id and r.window_end is not null
      and (j.last_data_date is null
           or j.last_data_date < r.window_end and r.window_start <= j.last_data_date + 1)
),
moved as (
    update datasets d set current_version_id = version.version_id
    from version
    where d.dataset_id = :dataset_id
      and (d.current_version_id is null or :data_as_of >= (
          select c.data_as_of from dataset_versions c where c.version_id = d.current_version_id))
    returning d.dataset_id
)
select version_id, exists (select from moved) as is_current,
       exists (select from runs where state = 'queued' and queue_entry_id is null
               and (not_before is null or not_before <= clock_timestamp())) as others_wait
from version
""",
    {
        "dataset_id": "integer",
        "run_id": "bigint",
        "attempt": "integer",
        "file_name": "text",
        "target_path": "text",
        "size_bytes": "bigint",
        "rows": "bigint",
        "sha256": "text",
        "columns": "jsonb",
        "form": "jsonb",
        "data_as_of": "timestamptz",
        "files": "jsonb",
        "warning": "text",
    },
)
_JSON = ("columns", "form", "files")


@dataclass(frozen=True, slots=True)
class Standing:
    """What readers have of a dataset, and who waits for more: targets of its job, jobs that run
    after it, people by rules. `columns`: those of the current version. `is_ours`: the attempt
    that asks is running and locked, so that nobody declares it lost meanwhile."""

    is_ours: bool
    current_version_id: int | None
    columns: Sequence[Mapping[str, Any]] | None
    has_targets: bool
    has_followers: bool
    has_rules: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version that was published; `is_current`: readers get it. `others_wait`: a queued run
    whose time has come has no queue entry."""

    version_id: int
    is_current: bool
    others_wait: bool


def lock_current_attempt(session: Session, key: AttemptKey) -> bool:
    """Lock the run, and its job where it has a window; False: the attempt is not current."""
    values = {"run_id": key.run_id, "attempt": key.attempt}
    return _FENCE.execute(session, values).first() is not None


def hold(session: Session, key: AttemptKey, dataset_id: int) -> Standing:
    """Lock the run while this attempt is running (its job first where it has a window), then the
    dataset; how things stand then."""
    values = {"run_id": key.run_id, "attempt": key.attempt, "dataset_id": dataset_id}
    found = execute_in_turn(session, [_FENCE, _HOLD_DATASET, _PUBLISHED], values).one()
    return Standing(
        found.is_ours,
        found.current_version_id,
        found.columns,
        found.has_targets,
        found.has_followers,
        found.has_rules,
    )


def record_published(
    session: Session, key: AttemptKey, version: Mapping[str, object], *, warning: str | None
) -> Recorded:
    """Record the version of an attempt that passed the fence, end its run, move the pointer.

    `version`: the members of DatasetVersion of the same names. `warning`: left on the run.
    """
    values = {
        **version,
        **{name: None if version[name] is None else json.dumps(version[name]) for name in _JSON},
        "run_id": key.run_id,
        "attempt": key.attempt,
        "warning": warning,
    }
    found = _PUBLISH.execute(session, values).one()
    announce(session, RUNS_CHANNEL, str(key.run_id))
    return Recorded(found.version_id, found.is_current, found.others_wait)


_NEWEST_AT = Question(
    "newest_version_at",
    """
select v.version_id from dataset_versions v join datasets d on d.dataset_id = v.dataset_id
where v.dataset_id = $1 and v.target_path = $2 and v.removed_at is null
  and (v.held_at is null or v.released_at is not null)
order by v.version_id is not distinct from d.current_version_id desc,
         v.data_as_of desc, v.version_id desc
limit 1
""",
    ("integer", "text"),
)


def newest_at(dataset_id: int, target_path: str) -> int | None:
    """The version whose file belongs at this path: the one readers get, else the newest there.

    As of now, whatever transaction the caller has. Raises MetadataUnavailable.
    """
    found = ask(_NEWEST_AT, dataset_id, target_path)
    return found[0][0] if found else None
