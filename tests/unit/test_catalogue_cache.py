"""A catalogue is kept for a minute, of a bounded number of connections."""

from datetime import UTC, datetime

import pytest

from connectors.base import ConnectionSpec
from connectors.catalogue import Catalogue
from services import catalogues
from services.catalogues import KEPT_CONNECTIONS, CatalogueCache

THEN = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = ConnectionSpec(kind="postgres", name="loja", username="leitor", password="x")


class Counting:
    """A source that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def catalogue(self, _spec: ConnectionSpec, *, timeout_s: float) -> Catalogue:
        assert timeout_s > 0
        self.asked += 1
        return Catalogue((), is_cut=False)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(catalogues, "connector_for", lambda _kind: counting)
    return counting


def test_a_catalogue_is_asked_again_after_a_minute(source: Counting) -> None:
    now = 0.0
    cache = CatalogueCache(clock=lambda: now)
    for moment, asked in ((0.0, 1), (59.0, 1), (61.0, 2), (62.0, 2)):
        now = moment
        cache.catalogue_of((1, THEN), SPEC, is_fresh=False)
        assert source.asked == asked


def test_the_oldest_catalogue_makes_room(source: Counting) -> None:
    cache = CatalogueCache()
    for number in range(KEPT_CONNECTIONS + 1):
        cache.catalogue_of((number, THEN), SPEC, is_fresh=False)
    cache.catalogue_of((KEPT_CONNECTIONS, THEN), SPEC, is_fresh=False)
    assert source.asked == KEPT_CONNECTIONS + 1
    cache.catalogue_of((0, THEN), SPEC, is_fresh=False)
    assert source.asked == KEPT_CONNECTIONS + 2
