"""Files of the interface travel compressed when the browser takes that."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from webapi import spa

SCRIPT = b"console.log('inteiro');\n"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "app-1.js").write_bytes(SCRIPT)
    (assets / "app-1.js.br").write_bytes(b"as brotli")
    (assets / "app-1.js.gz").write_bytes(b"as gzip")
    (assets / "plain-1.css").write_bytes(b"a{}")
    monkeypatch.setattr(spa, "DIST", tmp_path)


def _get(app: Flask, path: str, accepted: str) -> TestResponse:
    """The whole answer, with its file closed again."""
    with app.test_client() as client:
        answer = client.get(path, headers={"Accept-Encoding": accepted})
        assert isinstance(answer.data, bytes)
        answer.close()
        return answer


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"as brotli"),
        ("gzip", "gzip", b"as gzip"),
        ("br;q=0, gzip", "gzip", b"as gzip"),
        ("", None, SCRIPT),
    ],
)
def test_script_is_sent_in_the_best_form(
    app: Flask, accepted: str, encoding: str | None, body: bytes
) -> None:
    answer = _get(app, "/assets/app-1.js", accepted)
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.data == body
    assert answer.content_type.startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.usefixtures("built")
def test_file_without_compressed_forms_is_sent_as_it_is(app: Flask) -> None:
    assert _get(app, "/assets/plain-1.css", "br").data == b"a{}"
    assert _get(app, "/assets/../pyproject.toml", "br").status_code == 404
