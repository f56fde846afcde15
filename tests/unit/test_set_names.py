"""Names of the files of parameter sets: whatever a label or value holds, a file name or refused."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datafiles.export_names import reach_of, resolved_name
from datafiles.names import NameRefused, check_export_name
from datafiles.set_names import any_set, name_of_set, parameters_of, safe_part

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["", "..", "a/b", "a\\b", "{data}", "NUL", "C:", "ã"]
)
DAY = date(2026, 3, 5)


@given(TEXTS)
def test_what_a_set_puts_into_a_name_is_made_safe(text: str) -> None:
    part = safe_part(text)
    assert check_export_name(f"v_{part}_v") == f"v_{part}_v"
    assert safe_part(part) == part


@given(label=TEXTS, value=TEXTS | st.none())
def test_what_can_come_of_a_name_is_known_beforehand(label: str, value: str | None) -> None:
    pattern = "v_{label} {param:uf}_{data:%Y-%m}"
    name = name_of_set(pattern, label, {"uf": value})
    resolved = resolved_name(name, data=DAY, fim=DAY, job="j")
    assert resolved.endswith("_2026-03")
    # It should be among the files that other jobs are kept from.
    assert reach_of(any_set(pattern)).meets(reach_of(resolved))


def test_places_of_a_name() -> None:
    assert parameters_of("v_{param:UF}_{param:loja}_{label}_{data}") == {"uf", "loja"}
    assert name_of_set("v_{param:UF}_{label}", "São Paulo", {"uf": None}) == "v_NULL_São Paulo"
    assert name_of_set("v_{param:x}", "a", {}) == "v_{param:x}"


def test_a_device_of_windows_is_refused() -> None:
    with pytest.raises(NameRefused, match="device"):
        check_export_name(name_of_set("{label}", "NUL", {}))
