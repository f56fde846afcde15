"""Names, paths, dialects and dates of any kind as inputs of the API: answered or refused."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auxiliares import Settings
from tests.fuzz.hostile import DATES, DIALECTS, NAMES, PATHS, TEXTS
from tests.integration.conftest import Cast, job_body

FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
OFFSETS = st.timedeltas(
    min_value=timedelta(hours=-23, minutes=-59), max_value=timedelta(hours=23, minutes=59)
).map(timezone)
MOMENTS = st.datetimes(timezones=OFFSETS).map(datetime.isoformat)
LISTS = ("/api/runs", "/api/logs", "/api/audit")
REFUSED = {400, 404, 409, 422}


@FEW
@given(since=MOMENTS, until=st.one_of(MOMENTS, DATES), path=st.sampled_from(LISTS))
def test_security_fuzz_any_moment_is_answered_or_refused(
    cast: Cast, since: str, until: str, path: str
) -> None:
    response = cast.root.get(path, query_string={"since": since, "until": until})
    assert response.status_code in {200, 422}, response.text


@pytest.mark.parametrize(
    "moment",
    ["0634-09-14T08:54:01+22:59", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59"],
)
def test_security_fuzz_moments_at_the_ends_of_time(cast: Cast, moment: str) -> None:
    for path in LISTS:
        response = cast.root.get(path, query_string={"since": moment})
        assert response.status_code in {200, 422}, response.text
    made = cast.root.post("/api/api-keys", {"name": "k", "expires_at": moment})
    assert made.status_code in {201, 422}, made.text


@pytest.mark.parametrize("clock", ["07:30+18:00", "07:30:00-23:59", "07:30Z"])
def test_security_fuzz_a_time_of_day_has_no_zone(cast: Cast, clock: str) -> None:
    asked = [
        cast.root.put("/api/datasets/1/expectation", {"expected_by": clock}),
        cast.root.post("/api/notification-rules", {"quiet_start": clock, "quiet_end": "08:00"}),
        cast.root.post("/api/notification-rules", {"digest_at": clock}),
    ]
    for response in asked:
        assert response.status_code == 422, response.text
        assert "without a zone" in response.text


@FEW
@given(dialect=DIALECTS)
def test_security_fuzz_any_dialect_is_sampled_or_refused(
    cast: Cast, dialect: dict[str, Any]
) -> None:
    response = cast.root.post("/api/dialects/sample", {"dialect": dialect})
    assert response.status_code in {200, 422}, response.text


@FEW
@given(start=DATES, end=DATES, names=st.sampled_from([("starts_on", "ends_on")]))
def test_security_fuzz_any_date_of_a_schedule_is_answered_or_refused(
    cast: Cast, start: str, end: str, names: tuple[str, str]
) -> None:
    body = {"day": "Seg", "hour": "06", "minute": "00", names[0]: start, names[1]: end}
    response = cast.root.post("/api/schedule/preview", body)
    assert response.status_code in {200, 422}, response.text


@FEW
@given(path=st.one_of(PATHS, NAMES, TEXTS), name=st.one_of(NAMES, TEXTS))
def test_security_fuzz_any_folder_and_name_of_a_job_stay_below_the_root(
    cast: Cast, connection_id: int, settings: Settings, path: str, name: str
) -> None:
    body = job_body(export_path=path, export_name=name, connection_id=connection_id)
    try:
        response = cast.root.post("/api/jobs", body)
    except UnicodeEncodeError:
        return  # half of a surrogate pair, which this client cannot send
    assert response.status_code in {201} | REFUSED, response.text
    root = settings.paths.csv_root
    outside = [p for p in root.parent.rglob("*") if root not in p.parents and p.suffix == ".csv"]
    assert outside == []


def test_security_fuzz_a_target_without_its_path_keeps_the_name_of_the_file(
    cast: Cast, job_id: int
) -> None:
    target = {"name": "pasta", "kind": "folder", "options": {"folder": "."}}
    target_id = cast.root.post("/api/targets", target).json["target_id"]
    changes = {"targets": [{"target_id": target_id}]}
    made = cast.normal.post(f"/api/jobs/{job_id}/proposals", {"changes": changes})
    approved = cast.root.post(f"/api/proposals/{made.json['proposal_id']}/approve", {})
    assert approved.status_code == 200, approved.text
    assert cast.root.get(f"/api/jobs/{job_id}").json["targets"] == [
        {"target_id": target_id, "path": ""}
    ]
    again = cast.root.put(f"/api/jobs/{job_id}", changes)
    assert again.json == {"msg": "no changes"}
