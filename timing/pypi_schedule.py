"""The library `schedule` from PyPI, which the root file schedule.py hides from plain imports.

It is loaded by its installed files under another name, so that it is the library whichever way
Python was started. Only this module may do so.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import distribution
from pathlib import Path

_ALIAS = "_pypi_schedule"


def _load():
    loaded = sys.modules.get(_ALIAS)
    if loaded is not None:
        return loaded
    file = Path(str(distribution("schedule").locate_file("schedule/__init__.py")))
    spec = importlib.util.spec_from_file_location(_ALIAS, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_ALIAS] = module
    spec.loader.exec_module(module)
    return module


Scheduler = _load().Scheduler
