"""Turns are short as long as anybody needs them, and then as they were."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest

from connectors.turns import TURN_S, short_turns


def test_turns_are_short_until_the_last_block_ends() -> None:
    usual = sys.getswitchinterval()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(short_turns())
        second.enter_context(short_turns())
        first.close()
        assert sys.getswitchinterval() == pytest.approx(TURN_S)
        second.close()
        assert sys.getswitchinterval() == pytest.approx(usual)


def test_a_failure_ends_them_too() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ValueError, match="lost"), short_turns():
        raise ValueError("lost")
    assert sys.getswitchinterval() == pytest.approx(usual)
