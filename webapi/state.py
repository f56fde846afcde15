"""What one application object carries: settings, catalogues, whether it may work yet."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from flask import Flask, current_app

from auxiliares import Settings
from datafiles.companions import COMPANIONS, SPILL_FOLDER, Companions
from datafiles.querying import Searches
from datafiles.sqlbox.box import SqlBox
from services.catalogues import CatalogueCache
from services.datasets import VersionMark
from webapi.kept import Kept
from webapi.kept_pages import PageKey, RowsAnswer, new_pages
from webapi.large_answers import LargeAnswers
from webapi.rate_limits import RateLimits
from webapi.read_log import ReadLog
from webapi.shares import Shares

if TYPE_CHECKING:
    from webapi.dataset_sources import Source

SOURCES_KEPT: Final = 1000
_KEY = "automacaosql"


@dataclass(frozen=True, slots=True)
class AppState:
    """`opened` is set as soon as the metadata database is connected and migrated."""

    settings: Settings
    opened: threading.Event
    rate_limits: RateLimits = field(default_factory=RateLimits)
    shares: Shares = field(default_factory=Shares)
    large_answers: LargeAnswers = field(default_factory=LargeAnswers)
    catalogues: CatalogueCache = field(default_factory=CatalogueCache)
    read_log: ReadLog = field(default_factory=ReadLog)
    sources: Kept[VersionMark, Source] = field(default_factory=lambda: Kept(SOURCES_KEPT))
    pages: Kept[PageKey, RowsAnswer] = field(default_factory=new_pages)
    searches: Searches = field(default_factory=Searches)
    companions: Companions = field(init=False)
    sqlbox: SqlBox = field(init=False)

    def __post_init__(self) -> None:
        folder = self.settings.paths.data / COMPANIONS
        object.__setattr__(self, "companions", Companions(folder))
        object.__setattr__(self, "sqlbox", SqlBox(folder / SPILL_FOLDER))


def attach_state(app: Flask, state: AppState) -> None:
    app.extensions[_KEY] = state


def state_of(app: Flask) -> AppState:
    return cast("AppState", app.extensions[_KEY])


def settings_of(app: Flask) -> Settings:
    return state_of(app).settings


def current_settings() -> Settings:
    """The settings of the application that answers this request."""
    return settings_of(current_app)
