"""Texts that people, programs and attackers send: names, paths, dialects, dates, anything."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(
    [
        "demo/vendas_por_dia", "antigo", "fora", "pasta/fora", "pasta", "../fora", "CON", "aux.csv",
        "x" * 5000, "a/" * 60 + "b", ".oculto", "nome.", "nome ", "VENDAS~1", "x:stream",
        "x::$DATA",
        "=1+1", "@soma", "+5", "-5", "\u202egpj.csv", "e\u0301", "\u00e9", "%2e%2e", "..%5cfora",
        "a\r\nSet-Cookie: a=b", "a\x1b[2J", "a\x00b", "\ud800", "<img src=x onerror=alert(1)>",
        "{0.__class__}", "%s%n%d", "${jndi:ldap://127.0.0.1/a}", "' or 1=1 --",
        '"; drop table x; --',
        "\\\\127.0.0.1\\c$", "file:///etc/passwd", "http://169.254.169.254/", "", " ", "\t",
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    [
        "../datafile.json", "..%2f..%2fdatafile", "%2e%2e/%2e%2e/datafile.json",
        "..%5c..%5cdatafile",
        "%252e%252e%252fdatafile", "..%c0%afdatafile", "x/%00", "x%00.csv", "/etc/passwd",
        "%2fetc%2fpasswd", "C:%5cWindows%5cwin.ini", "fora", "pasta/fora", "pasta/../fora.csv",
        "%E2%80%AEx", "con", "aux.csv", "x:stream", ".hidden", "%ff%fe", "....//....//datafile",
        "..;/datafile", "%uff0e%uff0e/x", "a" * 3000, "x/" * 100 + "y",
        "antigo%0d%0aSet-Cookie:a=b",
        "antigo.csv%20", "antigo.csv.", "ANTIGO", "antigo?format=../../x", "antigo#x", "%25",
        "\\\\?\\C:\\x", "antigo.odc", "$metadata", "antigo(1)", "antigo/$count", "",
    ]
)  # fmt: skip
DATES = st.one_of(
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.sampled_from(
        [
            "0000-00-00", "2024-02-30", "9999-12-31", "0001-01-01", "10000-01-01", "-1-01-01",
            "2024-02-29T25:61:61Z", "2024-01-01T00:00:00+99:99", "1e400", "NaN", "today",
            "{{ today - 1 month }}", "today - 99999999999 days", "first_day(today)", "2024-W53-7",
            "٢٠٢٤-٠١-٠١", "2024-01-01T00:00:00.1234567890123Z", "1970-01-01T00:00:00-23:59",
        ]
    ),
)  # fmt: skip
ANY_TEXT = st.text(max_size=60)
TEXTS = st.one_of(NAMES, DATES, ANY_TEXT, PATHS)
NUMBERS = st.sampled_from([0, -1, 1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30, 1.5, -0.0])
LEAVES = st.one_of(TEXTS, NUMBERS, st.none(), st.booleans(), st.just([]), st.just({}))
MARKS = st.sampled_from(["", ";", ",", "\t", "\r", "\n", "\x00", '"', "|", "x"])
DIALECTS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["excel_br", "excel_us", "script", "legacy", "custom", "x"]),
        **{
            name: st.one_of(MARKS, LEAVES)
            for name in (
                "delimiter", "quote", "quoting", "decimal_mark", "date", "timestamp", "null_text",
                "encoding", "line_end", "has_bom", "has_header", "guards_formulas",
            )
        },
    },
)  # fmt: skip
HEADERS = st.sampled_from(
    [
        {}, {"Accept": "text/csv"}, {"Accept": "*/*;q=0.0001"}, {"Accept": "x" * 2000},
        {"Range": "bytes=0-"}, {"Range": "bytes=9-1"}, {"Range": "bytes=-0"},
        {"Range": "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(300))}, {"Range": "rows=1-2"},
        {"If-None-Match": "*"}, {"If-None-Match": 'W/"x", "'}, {"If-Modified-Since": "ontem"},
        {"Accept-Encoding": "gzip, deflate, br, zstd"}, {"Accept-Language": "pt-BR, x;q=a"},
        {"X-Forwarded-For": "1.2.3.4, ::1"}, {"X-Request-Id": "a" * 500}, {"If-Match": "*"},
        {"Authorization": "Basic x"}, {"Authorization": "Bearer"}, {"Authorization": "Digest a=b"},
    ]
)  # fmt: skip


def harmed(value: Any, draw: Any) -> Any:
    """A copy of a body or query, in which some leaves are something else."""
    if isinstance(value, dict):
        return {
            key: draw(DIALECTS) if key == "dialect" and draw(st.booleans()) else harmed(item, draw)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [harmed(item, draw) for item in value[:20]]
    return draw(LEAVES) if draw(st.integers(0, 2)) == 0 else value
