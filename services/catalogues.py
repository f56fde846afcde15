"""Names of tables and columns of a connection's database, kept for a minute in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from connectors.base import ConnectionSpec
from connectors.catalogue import Catalogue
from connectors.registry import connector_for

KEPT_S = 60.0
KEPT_CONNECTIONS = 20
TIMEOUT_S = 15.0

# The number of a connection and when it was last changed: a change asks anew.
Key = tuple[int, datetime]


class CatalogueCache:
    """One for each process; every thread may use it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[datetime, float, Catalogue]] = OrderedDict()

    def catalogue_of(self, key: Key, spec: ConnectionSpec, *, is_fresh: bool) -> Catalogue:
        """What was found within the last minute; else, or where `is_fresh`, asked now.

        Opens no metadata transaction and must not be called in one. Raises a SourceError, and
        keeps none.
        """
        connection_id, updated_at = key
        with self._lock:
            found = self._kept.get(connection_id)
        if found and not is_fresh and found[0] == updated_at and self._clock() - found[1] < KEPT_S:
            return found[2]
        catalogue = connector_for(spec.kind).catalogue(spec, timeout_s=TIMEOUT_S)
        with self._lock:
            self._kept[connection_id] = (updated_at, self._clock(), catalogue)
            self._kept.move_to_end(connection_id)
            while len(self._kept) > KEPT_CONNECTIONS:
                self._kept.popitem(last=False)
        return catalogue
