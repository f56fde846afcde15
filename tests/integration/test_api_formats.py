"""Datasets of every form by HTTP: jobs say the form, readers get rows and files of it."""

from __future__ import annotations

import io
import json

import pytest

from auxiliares import Settings
from datafiles.formats.form import FileForm
from datafiles.formats.writers import open_writer
from datafiles.manifest import ManifestColumn
from dialects.profiles import dialect_of
from metadb.engine import unit_of_work
from models import Dataset, DatasetVersion
from services.clock import database_now
from tests.integration.conftest import Cast, job_body

COLUMNS = [
    ManifestColumn("cod", "text", "text"),
    ManifestColumn("valor", "decimal", "numeric(9,2)", 9, 2),
    ManifestColumn("dia", "date", "date"),
]
EXACT = '007,1234.50,2024-01-31\n=1+1,-0.50,2024-02-01\n"",,\n'
EXCEL = 'cod;valor;dia\n007;1234,50;31/01/2024\n\'=1+1;-0,50;01/02/2024\n"";;\n'
ROWS = [
    {"cod": "007", "valor": 1234.5, "dia": "2024-01-31"},
    {"cod": "=1+1", "valor": -0.5, "dia": "2024-02-01"},
    {"cod": "", "valor": None, "dia": None},
]
FORMS = {
    "excel": FileForm.of("csv", "none", dialect_of({"profile": "excel_br"}, time_zone="UTC")),
    "zip": FileForm.of("csv", "zip", dialect_of({"profile": "excel_br"}, time_zone="UTC")),
    "json": FileForm.of("json", "none", dialect_of(None, time_zone="UTC")),
    "parquet": FileForm.of("parquet", "none", dialect_of(None, time_zone="UTC")),
    "xlsx": FileForm.of("xlsx", "none", dialect_of(None, time_zone="UTC")),
}
URL = "/api/data/datasets/vendas"


def publish(settings: Settings, form: FileForm) -> bytes:
    """A version of this form; returns the bytes of its file."""
    output = io.BytesIO()
    writer = open_writer(output, form, COLUMNS, name=f"vendas{form.extension}")
    writer.write((EXCEL if form.is_delimited else EXACT).encode())
    writer.finish()
    data = output.getvalue()
    name = f"1-1{form.extension}"
    settings.paths.versions.mkdir(parents=True, exist_ok=True)
    (settings.paths.versions / name).write_bytes(data)
    with unit_of_work() as session:
        dataset = Dataset(name="vendas", name_key="vendas")
        session.add(dataset)
        session.flush()
        version = DatasetVersion(
            dataset_id=dataset.dataset_id,
            attempt=1,
            file_name=name,
            target_path=f"vendas{form.extension}",
            size_bytes=len(data),
            rows=3,
            sha256="0" * 64,
            columns=[column.members() for column in COLUMNS],
            form=form.manifest(),
            data_as_of=database_now(session),
        )
        session.add(version)
        session.flush()
        dataset.current_version_id = version.version_id
    return data


@pytest.mark.parametrize("name", FORMS)
def test_rows_are_the_same_whatever_the_form(cast: Cast, settings: Settings, name: str) -> None:
    publish(settings, FORMS[name])
    assert cast.api_key.get(URL).json == ROWS
    assert cast.api_key.get(f"{URL}?offset=1&limit=1").json == ROWS[1:2]
    # It should filter and sort by the values, not by how the file writes them
    assert cast.api_key.get(f"{URL}?valor__gt=100").json == ROWS[:1]
    assert cast.api_key.get(f"{URL}?dia__gte=2024-02-01&columns=cod").json == [{"cod": "=1+1"}]
    assert cast.api_key.get(f"{URL}?sort=valor&valor__isnull=0").json == [ROWS[1], ROWS[0]]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("excel", "text/csv; charset=utf-8"),
        ("zip", "application/zip"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_file_is_sent_as_it_was_published(
    cast: Cast, settings: Settings, name: str, media_type: str
) -> None:
    data = publish(settings, FORMS[name])
    extension = FORMS[name].extension
    for url in (f"{URL}?format=file", f"{URL}{extension}"):
        response = cast.api_key.get(url)
        assert response.data == data
        assert response.content_type == media_type
        assert response.headers["Content-Disposition"] == (
            f"attachment; filename=vendas{extension}"
        )


def test_job_keeps_format_compression_and_dialect(cast: Cast, connection_id: int) -> None:
    body = job_body() | {
        "file_format": "csv",
        "compression": "zstd",
        "dialect": {"profile": "excel_br", "encoding": "windows-1252", "columns": [{"name": "a"}]},
    }
    created = cast.moderator.post("/api/jobs", body)
    assert created.status_code == 201, created.json
    job = cast.normal.get(f"/api/jobs/{created.json['job_id']}").json
    assert (job["file_format"], job["compression"]) == ("csv", "zstd")
    assert job["dialect"] == {
        "profile": "excel_br",
        "encoding": "windows-1252",
        "columns": [{"name": "a", "as": "a"}],
    }
    clone = cast.normal.post(f"/api/jobs/{job['job_id']}/clone", {"job_name": "outro"})
    copied = cast.normal.get(f"/api/jobs/{clone.json['job_id']}").json
    assert copied["dialect"] == job["dialect"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"file_format": "pdf"}, "validation_failed"),
        ({"file_format": "parquet", "compression": "gzip"}, "file_form_invalid"),
        ({"dialect": {"profile": "excel_pt"}}, "validation_failed"),
        ({"dialect": {"delimitador": ";"}}, "validation_failed"),
        ({"dialect": {"delimiter": "."}}, "dialect_invalid"),
        ({"dialect": {"decimal_mark": ",", "delimiter": ","}}, "dialect_invalid"),
    ],
)
def test_job_whose_file_means_nothing_is_refused(
    cast: Cast, connection_id: int, members: dict[str, object], code: str
) -> None:
    response = cast.moderator.post("/api/jobs", job_body() | members)
    assert (response.status_code, response.json["code"]) == (422, code)


def test_two_jobs_do_not_share_a_dataset_by_another_extension(
    cast: Cast, connection_id: int
) -> None:
    assert cast.moderator.post("/api/jobs", job_body()).status_code == 201
    other = job_body() | {"job_name": "planilha", "file_format": "xlsx"}
    response = cast.moderator.post("/api/jobs", other)
    assert (response.status_code, response.json["code"]) == (409, "target_taken")


def test_profiles_are_told_with_every_member(cast: Cast) -> None:
    answer = cast.normal.get("/api/dialects").json
    profiles = {profile["name"]: profile["dialect"] for profile in answer["profiles"]}
    assert list(profiles) == ["legacy", "excel_br", "excel_us", "script", "custom"]
    assert profiles["excel_br"]["decimal_mark"] == ","
    assert ";" in answer["delimiters"]


def test_sample_shows_rows_in_a_dialect(cast: Cast) -> None:
    body = {"dialect": {"profile": "excel_us", "null_text": "NULL", "columns": [{"name": "x"}]}}
    answer = cast.normal.post("/api/dialects/sample", body).json
    assert answer["has_bom"] is True
    assert "01/31/2024" in answer["text"]
    assert ",NULL," in answer["text"]
    assert not json.dumps(answer["text"]).startswith("\\ufeff")
