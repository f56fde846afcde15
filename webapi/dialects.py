"""The dialects of text files, for the job editor: the profiles, and how rows look in one."""

from __future__ import annotations

from flask import Response

from dialects.dialect import DELIMITERS, QUOTES
from dialects.profiles import PROFILES, dialect_of
from dialects.sample import sample_text
from webapi.access import Rule, access
from webapi.answers import answer
from webapi.job_output_schemas import (
    DialectOut,
    ProfileList,
    ProfileOut,
    SampleIn,
    SampleOut,
)
from webapi.resource import resource
from webapi.state import current_settings

bp = resource("dialects", __name__)


@bp.get("/api/dialects", responses={200: ProfileList})
@access(Rule.NORMAL)
def list_dialects() -> Response:
    """Every profile with every member."""
    profiles = [
        ProfileOut.model_validate(
            {"name": p.name, "about": p.about, "dialect": DialectOut.of(p.dialect)}
        )
        for p in PROFILES.values()
    ]
    return answer(ProfileList(profiles=profiles, delimiters=list(DELIMITERS), quotes=list(QUOTES)))


@bp.post("/api/dialects/sample", responses={200: SampleOut})
@access(Rule.NORMAL)
def sample_dialect(body: SampleIn) -> Response:
    """The text of a few rows in a dialect; its columns are not looked at."""
    members = body.dialect.stored()
    members.pop("columns", None)
    dialect = dialect_of(members, time_zone=current_settings().scheduler.time_zone)
    return answer(
        SampleOut(
            text=sample_text(dialect),
            encoding=dialect.encoding,
            has_bom=dialect.encoding == "utf-8-bom",
        )
    )
