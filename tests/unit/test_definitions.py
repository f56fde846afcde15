"""Files of definitions without a database: their text, the order of saving, what they may name."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from services.definition_file import LINE_WIDTH, file_text, from_lines, in_lines
from services.definition_names import CALLED, LISTED
from services.definition_order import saving_order
from webapi.definition_schemas import JobBody
from webapi.job_schemas import JobCreate

SQL = st.text(st.sampled_from("a \n\r\t'é😀"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | SQL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SQL, inner, max_size=3),
    max_leaves=6,
)
# What people call members must not be taken for SQL where it is none.
TABLE = st.fixed_dictionaries(
    {"query": SQL, "where": SQL, "key": st.lists(SQL, max_size=3), "lookups": JSON}
)
BODY = st.fixed_dictionaries(
    {"sql_script": SQL, "key_columns": st.lists(SQL, max_size=3), "dialect": JSON},
    optional={
        "parameter_sets": st.fixed_dictionaries({"query": SQL, "sets": JSON}),
        "movement": st.fixed_dictionaries({"tables": st.lists(TABLE, max_size=2)}),
    },
)
DAYS = range(6)
GRAPH = st.dictionaries(
    st.sampled_from(DAYS), st.sets(st.sampled_from(DAYS), max_size=3), max_size=6
)


@given(st.lists(BODY, max_size=3))
def test_what_is_written_is_read_again(bodies: list[dict[str, object]]) -> None:
    read = json.loads(file_text([in_lines(body) for body in bodies]))
    assert [from_lines(body) for body in read["jobs"]] == bodies


def test_each_line_of_a_query_has_its_own_and_what_is_short_is_together() -> None:
    body = {"job_name": "Mês", "sql_script": "select 1\nfrom t", "guards": {"min_rows": 3}}
    long = {"tables": [{"query": "a\nb", "key": ["x" * LINE_WIDTH]}]}
    assert file_text([in_lines(body), in_lines({"movement": long})]).splitlines() == [
        "{",
        '  "version": 1,',
        '  "jobs": [',
        "    {",
        '      "job_name": "Mês",',
        '      "sql_script": [',
        '        "select 1",',
        '        "from t"',
        "      ],",
        '      "guards": {"min_rows": 3}',
        "    },",
        "    {",
        '      "movement": {',
        '        "tables": [',
        "          {",
        '            "query": [',
        '              "a",',
        '              "b"',
        "            ],",
        '            "key": [',
        f'              "{"x" * LINE_WIDTH}"',
        "            ]",
        "          }",
        "        ]",
        "      }",
        "    }",
        "  ]",
        "}",
    ]


def reaches(graph: Mapping[int, set[int]], start: int) -> set[int]:
    """Everything `start` follows, over however many others."""
    found: set[int] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


@given(GRAPH, GRAPH)
def test_no_step_of_the_order_makes_a_circle(
    wanted: dict[int, set[int]], drawn: dict[int, set[int]]
) -> None:
    # What is stored has no circles: everybody follows smaller numbers.
    stored = {key: {other for other in after if other < key} for key, after in drawn.items()}
    order, circles = saving_order(wanted, stored)
    assert sorted([*order, *circles]) == sorted(wanted)
    now = dict(stored)
    for key in order:
        now[key] = set(wanted[key])
        assert key not in reaches(now, key), "each step must be one that is not refused"
    for key, way in circles.items():
        assert key in way
        assert way[0] == way[-1]
    # Nothing is refused that could be saved
    assert not circles or any(key in reaches({**stored, **wanted}, key) for key in wanted)


def test_every_number_of_a_job_has_a_name_in_files() -> None:
    # A member that holds a number of this installation means nothing in another.
    single = {name for name in JobCreate.model_fields if name.endswith("_id")}
    assert single <= CALLED.keys()
    assert LISTED.keys() <= JobCreate.model_fields.keys()
    assert next(iter(JobBody.members)) == "job_name"
    assert set(JobBody.members) == JobCreate.model_fields.keys()
