"""Published versions are prepared for filters before anybody asks, behind everything else."""

from __future__ import annotations

from flask import g

from auxiliares import Settings
from datafiles.companions import COMPANIONS
from execution import preparer
from execution.preparer import Preparer
from services.reading_rights import Reader
from tests.integration.conftest import Cast
from tests.integration.test_api_dataset_queries import ROWS
from tests.integration.test_api_datasets import publish
from vocabulary import ReaderKind
from webapi.readable_datasets import readable_source


def test_a_large_version_is_prepared_for_its_first_filter(
    cast: Cast, settings: Settings, monkeypatch
) -> None:
    publish(settings, "d", ROWS)
    # A small one is left to whoever filters it
    assert not Preparer(settings).prepare_next()
    monkeypatch.setattr(preparer, "PREPARED_FROM_BYTES", 1)
    prepared = Preparer(settings)
    assert prepared.prepare_next()
    with cast.api_key.client.application.test_request_context(headers=cast.api_key.headers):
        g.reader = Reader(ReaderKind.FILE_KEY, "file key 1")
        key = readable_source("d").data_file().key()
    # It is the very one that the data API looks for, and made once
    assert [folder.name for folder in (settings.paths.data / COMPANIONS).iterdir()] == [key]
    assert not prepared.prepare_next()
    publish(settings, "d", ROWS + "010;;;;\n", attempt=2)
    assert prepared.prepare_next()


def test_what_cannot_be_prepared_is_tried_once(cast: Cast, settings: Settings, monkeypatch) -> None:
    monkeypatch.setattr(preparer, "PREPARED_FROM_BYTES", 1)
    publish(settings, "d", ROWS + '"never closed\n')
    prepared = Preparer(settings)
    assert prepared.prepare_next()
    assert not prepared.prepare_next()
