"""In which order jobs of a file are saved, so that each finds those it runs after. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

Key = TypeVar("Key")


def saving_order(
    wanted: Mapping[Key, Collection[Key]], stored: Mapping[Key, Collection[Key]]
) -> tuple[list[Key], dict[Key, Sequence[Key]]]:
    """Keys of `wanted` in order, and those that would wait for themselves with the way round.

    Both say which jobs each is to follow, or follows now; what is `wanted` of a job replaces what
    is `stored` of it. The order holds also where the way from one to the other leads over jobs
    that are not in the file, so that no step makes a circle that the whole does not have.
    """
    graph = {**stored, **wanted}
    circles: dict[Key, Sequence[Key]] = {}
    while True:
        try:
            ordered = TopologicalSorter(graph).static_order()
            return [key for key in ordered if key in wanted and key not in circles], circles
        except CycleError as exc:
            way: list[Key] = list(reversed(exc.args[1]))
            inside = {key for key in way if key in wanted} - circles.keys()
            circles |= dict.fromkeys(inside, way)
            # Those that are refused stay as they are; what is stored has no circle of its own.
            graph |= {key: stored.get(key, ()) for key in inside}
            if not inside:
                graph |= dict.fromkeys(way, ())
