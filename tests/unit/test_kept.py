"""What stays in memory between requests, whatever is asked for in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapi.kept import Kept
from webapi.kept_pages import PAGE_BYTES, gathered

SIZES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40)), max_size=60)


@given(SIZES, st.integers(1, 100))
def test_never_keeps_more_than_it_may_and_never_another_value(
    asked: list[tuple[int, int]], most: int
) -> None:
    kept: Kept[int, bytes] = Kept(most, len)
    values: dict[int, bytes] = {}
    for key, size in asked:
        value = values.setdefault(key, bytes([key]) * size)
        assert kept.find(key) in (None, value)
        assert kept.keep(key, value) is value
        held = [found for name in values if (found := kept.find(name)) is not None]
        assert sum(map(len, held)) <= most


def test_what_was_asked_for_last_stays() -> None:
    kept: Kept[str, bytes] = Kept(2, len)
    kept.keep("a", b"1")
    kept.keep("b", b"2")
    kept.find("a")
    kept.keep("c", b"3")
    assert [kept.find(key) for key in "abc"] == [b"1", None, b"3"]


@given(st.lists(st.integers(0, PAGE_BYTES // 3), max_size=8))
def test_pieces_are_gathered_or_go_on_as_they_are(sizes: list[int]) -> None:
    closed = []

    def pieces():  # type: ignore[no-untyped-def]
        try:
            for size in sizes:
                yield b"x" * size
        finally:
            closed.append(True)

    found = gathered(pieces())
    is_whole = isinstance(found, bytes)
    assert is_whole == (sum(sizes) <= PAGE_BYTES)
    assert (found if isinstance(found, bytes) else b"".join(found)) == b"x" * sum(sizes)
    # Whoever reads to the end leaves no file open
    assert closed
