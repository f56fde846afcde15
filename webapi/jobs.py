"""Jobs: everybody reads and proposes, moderators and root edit, activate and delete."""

from __future__ import annotations

from typing import cast

from flask import Response, request

from metadb.engine import unit_of_work
from services import job_clones, job_views, jobs
from services.job_proposals import propose
from services.jobs import JobFields, RevisionConflict
from webapi.access import Rule, access, actor
from webapi.answers import answer
from webapi.job_list import list_body
from webapi.job_schemas import (
    JobClone,
    JobCreate,
    JobCreated,
    JobDeletion,
    JobDetail,
    JobList,
    JobPath,
    JobPauseIn,
    JobsQuery,
    JobStatusIn,
    JobUpdate,
)
from webapi.resource import resource
from webapi.schemas import Message
from webapi.state import current_settings

bp = resource("jobs", __name__)


@bp.get("/api/jobs", responses={200: JobList})
@access(Rule.NORMAL)
def list_jobs(query: JobsQuery) -> Response:
    """Every job, or those that have every `tag`, by name."""
    zone = current_settings().scheduler.time_zone
    with unit_of_work() as session:
        body = list_body(session, default_zone=zone, is_brief=query.brief, tags=query.tag)
    return Response(body, mimetype="application/json")


@bp.get("/api/jobs/<int:job_id>", responses={200: JobDetail})
@access(Rule.NORMAL)
def get_job(path: JobPath) -> Response:
    """One job; its revision is the entity tag to send back as If-Match."""
    with unit_of_work() as session:
        view = job_views.view_job(session, path.job_id)
        response = answer(JobDetail.of(view, current_settings().scheduler.time_zone))
    return _with_revision(response, view.job.revision)


@bp.post("/api/jobs", responses={201: JobCreated})
@access(Rule.NORMAL)
def create_job(body: JobCreate) -> Response:
    """Create a job; that of a normal user is inactive and a proposal, whatever was sent."""
    fields = cast("JobFields", body.model_dump())
    is_proposal = not actor().is_moderator
    wanted = {"job_status": "Y"} if fields["job_status"] == "Y" else {}
    if is_proposal:
        fields["job_status"] = "N"
    with unit_of_work() as session:
        job = jobs.create_job(
            session, fields, settings=current_settings(), created_by_id=actor().user_id
        )
        if is_proposal:
            propose(session, job.job_id, wanted, proposed_by=actor().username)
        out = JobCreated(job_id=job.job_id)
        revision = job.revision
    response = answer(out, 201, location=f"/api/jobs/{out.job_id}")
    return _with_revision(response, revision)


@bp.put("/api/jobs/<int:job_id>", responses={200: Message})
@access(Rule.MODERATOR)
def update_job(path: JobPath, body: JobUpdate) -> Response:
    """Change a job. Send the revision you read (If-Match or `revision`) to lose no update."""
    with unit_of_work() as session:
        changed = jobs.update_job(
            session,
            path.job_id,
            cast("JobFields", body.given()),
            settings=current_settings(),
            expected_revision=_expected_revision(body.revision),
        )
        revision = jobs.get_job(session, path.job_id).revision
    return _with_revision(answer(Message(msg="updated" if changed else "no changes")), revision)


@bp.put("/api/jobs/<int:job_id>/status", responses={200: Message})
@access(Rule.MODERATOR)
def set_job_status(path: JobPath, body: JobStatusIn) -> Response:
    """Activate or deactivate a job and leave the rest; an active one must be able to run."""
    with unit_of_work() as session:
        changed = jobs.update_job(
            session,
            path.job_id,
            {"job_status": body.job_status},
            settings=current_settings(),
            expected_revision=_expected_revision(),
        )
        revision = jobs.get_job(session, path.job_id).revision
    return _with_revision(answer(Message(msg="updated" if changed else "no changes")), revision)


@bp.put("/api/jobs/<int:job_id>/pause", responses={200: Message})
@access(Rule.MODERATOR)
def pause_job(path: JobPath, body: JobPauseIn) -> Response:
    """Record the occurrences of a job and do not run them, or go on; its revision stays."""
    with unit_of_work() as session:
        changed = jobs.set_paused(
            session,
            path.job_id,
            paused=body.paused,
            settings=current_settings(),
            changed_by=actor().username,
        )
    return answer(Message(msg="updated" if changed else "no changes"))


@bp.post("/api/jobs/<int:job_id>/clone", responses={201: JobCreated})
@access(Rule.NORMAL)
def clone_job(path: JobPath, body: JobClone) -> Response:
    """Create an inactive job like this one, with its query, connection and schedule."""
    with unit_of_work() as session:
        job = job_clones.clone_job(
            session,
            path.job_id,
            job_name=body.job_name,
            export_name=body.export_name,
            settings=current_settings(),
            created_by_id=actor().user_id,
        )
        out = JobCreated(job_id=job.job_id)
        revision = job.revision
    response = answer(out, 201, location=f"/api/jobs/{out.job_id}")
    return _with_revision(response, revision)


@bp.delete("/api/jobs/<int:job_id>", responses={200: Message})
@access(Rule.MODERATOR)
def delete_job(path: JobPath, query: JobDeletion) -> Response:
    """Delete a job; its runs, log records and published dataset stay."""
    with unit_of_work() as session:
        jobs.delete_job(
            session,
            path.job_id,
            settings=current_settings(),
            deleted_by=actor().username,
            unlink=query.unlink,
        )
    return answer(Message(msg="deleted"))


def _expected_revision(in_body: int | None = None) -> int | None:
    """The header wins over the body."""
    sent = request.headers.get("If-Match", "").strip()
    if sent in {"", "*"}:
        return in_body
    number = sent.removeprefix("W/").strip('"')
    if not number.isdecimal():
        raise RevisionConflict('If-Match must be the revision that was read, such as "3".')
    return int(number)


def _with_revision(response: Response, revision: int) -> Response:
    response.headers["ETag"] = f'"{revision}"'
    return response
