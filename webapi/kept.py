"""What is kept in memory between requests: the last used things, up to a size in all."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def _one(_value: object) -> int:
    return 1


class Kept(Generic[Key, Value]):
    """Values by keys that never mean another one. `size_of` says how much of `most` each takes."""

    def __init__(self, most: int, size_of: Callable[[Value], int] = _one) -> None:
        self._most = most
        self._size_of = size_of
        self._size = 0
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def find(self, key: Key) -> Value | None:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def keep(self, key: Key, value: Value) -> Value:
        """The value itself; those that nobody asked for the longest make room for it."""
        size = self._size_of(value)
        with self._lock:
            if key not in self._values and size <= self._most:
                self._values[key] = value
                self._size += size
            while self._size > self._most:
                _, dropped = self._values.popitem(last=False)
                self._size -= self._size_of(dropped)
        return value

    def replace(self, key: Key, value: Value) -> None:
        """Keep it in the place of what there is under this key."""
        with self._lock:
            before = self._values.pop(key, None)
            if before is not None:
                self._size -= self._size_of(before)
        self.keep(key, value)
