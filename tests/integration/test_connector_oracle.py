"""What only Oracle does: modes, addresses, types and errors, with the real driver."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.base import (
    ColumnType,
    QueryInvalid,
    QueryRefused,
    SourceDriverMissing,
    SourceFailed,
    SourceLoginFailed,
    SourceTimeout,
    SourceUnreachable,
)
from connectors.oracle_rows import rows_per_fetch
from connectors.oracle_session import OracleSession
from dialects.dialect import Dialect
from tests.oracle_standin.tns_standin import Fault, OraError, Raw, Scripted, Server, User
from tests.sources import Source, oracle_source, with_spec
from tests.waiting import wait_for

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

ROOT = Path(__file__).parents[2]
DAY = dt.datetime(2024, 1, 31, 10, 11, 12)
NO_HEADER = Dialect(header=False)


@pytest.fixture
def script() -> Scripted:
    return Scripted()


@pytest.fixture(params=["12c", "19c", "23ai"])
def oracle(request: pytest.FixtureRequest, script: Scripted) -> Iterator[tuple[Source, Server]]:
    with oracle_source(request.param, script) as found:
        yield found


@pytest.fixture
def source(oracle: tuple[Source, Server]) -> Source:
    return oracle[0]


@pytest.fixture
def server(oracle: tuple[Source, Server]) -> Server:
    return oracle[1]


NUMBERS = [
    ("0", "0"),
    ("0.5", "0.5"),
    ("-0.5", "-0.5"),
    ("100", "100"),
    ("1e30", "1" + "0" * 30),
    ("1e-30", "0." + "0" * 29 + "1"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("-99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999"),
    ("1e125", "1" + "0" * 125),
    ("1e-130", "0." + "0" * 129 + "1"),
]


@pytest.mark.parametrize("columns", ["N NUMBER", "N NUMBER, C CLOB"])
def test_number_is_written_to_its_last_digit_without_exponent(
    source: Source, script: Scripted, columns: str
) -> None:
    # It should be so also beside a CLOB, where the server could convert numbers by its own settings
    more = ("c",) if "CLOB" in columns else ()
    script.on("from t", columns, [(Decimal(number), *more) for number, _ in NUMBERS])
    _, csv = source.export("select * from t", NO_HEADER)
    assert [line.split(";")[0] for line in csv.splitlines()] == [text for _, text in NUMBERS]


def test_numbers_are_never_asked_for_as_text_of_the_server(
    source: Source, server: Server, script: Scripted
) -> None:
    script.on("from t", "N NUMBER, C CLOB", [(Decimal("0.5"), "texto")])
    assert source.export("select * from t", NO_HEADER)[1] == "0.5;texto\n"
    varchar, number = 1, 2
    assert server.did("define")[-1][0] == number != varchar


def test_every_type_is_described(source: Source, script: Scripted) -> None:
    script.on(
        "from t",
        "N NUMBER, I NUMBER(10), D NUMBER(12,2), F NUMBER(126,-127), V VARCHAR2(40) NOT NULL,"
        " C CHAR(5), NV NVARCHAR2(20), DT DATE, TS TIMESTAMP(6), TZ TIMESTAMP(6) WITH TIME ZONE,"
        " LTZ TIMESTAMP(6) WITH LOCAL TIME ZONE, R RAW(16), BD BINARY_DOUBLE, BF BINARY_FLOAT,"
        " DS INTERVAL DAY TO SECOND, YM INTERVAL YEAR TO MONTH, CL CLOB, BL BLOB",
        [],
    )
    with source.open() as session:
        columns = {c.name: c for c in session.describe("select * from t")}
    assert {name: c.type for name, c in columns.items()} == {
        "N": ColumnType.DECIMAL,
        "I": ColumnType.INTEGER,
        "D": ColumnType.DECIMAL,
        "F": ColumnType.DECIMAL,
        "V": ColumnType.TEXT,
        "C": ColumnType.TEXT,
        "NV": ColumnType.TEXT,
        "DT": ColumnType.TIMESTAMP,
        "TS": ColumnType.TIMESTAMP,
        "TZ": ColumnType.TIMESTAMP_TZ,
        "LTZ": ColumnType.TIMESTAMP_TZ,
        "R": ColumnType.BINARY,
        "BD": ColumnType.FLOAT,
        "BF": ColumnType.FLOAT,
        "DS": ColumnType.INTERVAL,
        "YM": ColumnType.INTERVAL,
        "CL": ColumnType.TEXT,
        "BL": ColumnType.BINARY,
    }
    assert columns["D"].native_type == "NUMBER(12,2)"
    assert columns["I"].native_type == "NUMBER(10,0)"
    assert columns["V"].native_type == "VARCHAR2(40)"
    assert columns["V"].nullable is False
    assert columns["N"].nullable is True


def test_values_of_every_type_are_written(source: Source, script: Scripted) -> None:
    script.on(
        "from t",
        "V VARCHAR2(40), C CHAR(4), NV NVARCHAR2(20), D DATE, TS TIMESTAMP(9), R RAW(4),"
        " BD BINARY_DOUBLE, B2 BINARY_DOUBLE, BF BINARY_FLOAT, DS INTERVAL DAY TO SECOND,"
        " YM INTERVAL YEAR TO MONTH, CL CLOB, BL BLOB",
        [
            (
                "Ação",
                "ab",
                "日本",
                DAY,
                DAY.replace(microsecond=120),
                b"\x00\xff",
                0.1,
                float("inf"),
                1.1,
                dt.timedelta(days=-3, hours=-4, microseconds=-7),
                (-2, -11),
                'linha 1\nlinha "2"',
                b"\x01",
            ),
            (None,) * 13,
        ],
    )
    rows, csv = source.export("select * from t", NO_HEADER)
    assert rows == 2
    assert csv == (
        "Ação;ab  ;日本;31/01/2024 10:11:12;31/01/2024 10:11:12.00012;00FF;0.1;Infinity;1.1;"
        '-3 04:00:00.000007;-2-11;"linha 1\nlinha ""2""";01\n' + ";" * 12 + "\n"
    )


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("L LONG", "ação " * 20_000, "ação " * 20_000),
        ("L LONG RAW", b"\x00\xff" * 40_000, "00FF" * 40_000),
        ("C CLOB", "日本" * 300_000, "日本" * 300_000),
        ("N NCLOB", "é" * 40_000, "é" * 40_000),
        ("B BLOB", b"\x01" * 500_000, "01" * 500_000),
    ],
)
def test_long_values_are_written_whole(
    source: Source, script: Scripted, column: str, value: object, text: str
) -> None:
    script.on("from t", f"I NUMBER(9), {column}", [(1, value), (2, None), (3, value)])
    assert source.export("select * from t", NO_HEADER) == (3, f"1;{text}\n2;\n3;{text}\n")


def test_boolean_is_written(script: Scripted) -> None:
    script.on("from t", "I NUMBER(9), B BOOLEAN", [(1, True), (2, False), (3, None)])
    with oracle_source("23ai", script) as (source, _):
        written = source.export("select * from t", NO_HEADER)[1]
        assert written == "1;true\n2;false\n3;\n"


def test_binary_float_is_the_shortest_text_that_is_itself(source: Source, script: Scripted) -> None:
    values = [0.1, 3.4028234663852886e38, 1.401298464324817e-45, 16777216.0, -2.5]
    script.on("from t", "F BINARY_FLOAT", [(value,) for value in values])
    _, csv = source.export("select f from t", NO_HEADER)
    assert csv.splitlines() == ["0.1", "3.4028235e+38", "1e-45", "16777216", "-2.5"]


def test_zoned_timestamps_are_read_as_utc_and_written_in_the_zone(
    source: Source, server: Server, script: Scripted
) -> None:
    script.on("from t", "ID NUMBER(9), AT TIMESTAMP(6) WITH TIME ZONE", [])
    script.on("sys_extract_utc", "ID NUMBER(9), AT TIMESTAMP(6)", [(1, DAY)])
    _, csv = source.export("select id, at from t -- todas", NO_HEADER)
    assert csv == "1;31/01/2024 07:11:12\n"
    assert server.did("sql")[-1] == (
        'SELECT "ID", SYS_EXTRACT_UTC("AT") AS "AT"\nFROM (\nselect id, at from t -- todas\n)'
    )


def test_zoned_timestamp_among_columns_of_one_name_is_refused(
    source: Source, script: Scripted
) -> None:
    script.on("from t", "A NUMBER(9), A TIMESTAMP(6) WITH TIME ZONE", [])
    with pytest.raises(QueryRefused, match="Two columns are called A"):
        source.export("select a, a from t")


def test_query_without_zones_runs_as_it_was_written(
    source: Source, server: Server, script: Scripted
) -> None:
    script.on("from t", "A NUMBER(9)", [(1,)])
    source.export("\nselect a -- um\n  from t ; ")
    assert server.did("sql")[-1] == "select a -- um\n  from t"


def test_session_is_tagged_zoned_and_read_only(
    source: Source, server: Server, script: Scripted
) -> None:
    script.on("from t", "A NUMBER(9)", [(1,)])
    source.export("select a from t", time_zone="America/Sao_Paulo")
    assert server.did("alter session")[-2] == "ALTER SESSION SET TIME_ZONE = 'America/Sao_Paulo'"
    assert "NLS_NUMERIC_CHARACTERS = '.,'" in server.did("alter session")[-1]
    assert server.did("set transaction") == ["SET TRANSACTION READ ONLY"]
    assert server.did("module") == ["automacaosql"]
    assert server.did("action") == ["Vendas diárias"]
    assert server.did("client_identifier") == ["run=42 Vendas diárias"]
    assert server.did("sql").index("SET TRANSACTION READ ONLY") < server.did("sql").index(
        "select a from t"
    )


def test_same_text_keeps_no_types_of_an_earlier_fetch(source: Source, script: Scripted) -> None:
    script.on("from t", "A NUMBER, C CLOB", [(Decimal("0.5"), "x")])
    with source.open() as session:
        _, rows = session.fetch("select * from t", 1)
        sink = io.BytesIO()
        session.export_csv("select * from t", sink, NO_HEADER)
    assert rows == [(Decimal("0.5"), "x")]
    assert sink.getvalue() == b"0.5;x\n"


def test_wide_rows_are_fetched_few_at_a_time(source: Source, script: Scripted) -> None:
    script.on("from narrow", "A NUMBER(9), V VARCHAR2(100)", [])
    script.on("from wide", ", ".join(f"C{i} VARCHAR2(4000)" for i in range(20)), [])
    script.on("from lob", "A NUMBER(9), C CLOB", [])
    sizes = {}
    with source.open() as session:
        assert isinstance(session, OracleSession)
        for name in ("narrow", "wide", "lob"):
            sizes[name] = rows_per_fetch(session._describe(f"select * from {name}"))
    assert sizes == {"narrow": 5000, "wide": 104, "lob": 10}


@pytest.mark.parametrize(
    "value", [bytes([53, 88, 1, 1, 1, 1, 1]), bytes([100, 100, 0, 0, 1, 1, 1])]
)
@pytest.mark.parametrize("place", [0, 4999, 5000])
def test_date_python_cannot_hold_is_told_with_row_column_and_the_cure(
    source: Source, script: Scripted, value: bytes, place: int
) -> None:
    rows: list[tuple[object, ...]] = [
        (n, None if n % 3 else DAY, DAY + dt.timedelta(n)) for n in range(5010)
    ]
    rows[place] = (place, DAY, Raw(value))
    script.on("from t", "N NUMBER, D DATE, E TIMESTAMP", rows)
    where = f"in row {place + 1}, column E"
    with pytest.raises(SourceFailed, match=rf"year .* {where}\..*TO_CHAR") as failed:
        source.export("select * from t")
    assert failed.value.transient is False


def test_date_among_rows_that_are_all_alike_is_told_with_its_block(
    source: Source, script: Scripted
) -> None:
    rows: list[tuple[object, ...]] = [(1, DAY)] * 5000
    rows.append((1, Raw(bytes([53, 88, 1, 1, 1, 1, 1]))))
    script.on("from t", "N NUMBER, D DATE", rows)
    with pytest.raises(SourceFailed, match="one of the rows 5001 to 10000, column D"):
        source.export("select * from t")


BROKEN = "ID NUMBER(9), V VARCHAR2(20), N NVARCHAR2(20), C CHAR(20)"


@pytest.mark.parametrize("more", ["", ", L CLOB"])
def test_text_broken_in_the_database_is_told_with_row_and_column(
    source: Source, script: Scripted, more: str
) -> None:
    rows: list[tuple[object, ...]] = [(n, "São", "日本", "ção") for n in range(12_000)]
    rows[11_001] = (0, "São", "日本", Raw(b"caf\xe9"))
    rows[11_000] = (0, Raw(b"S\xe3o"), "日本", Raw(b"caf\xe9"))
    if more:
        rows = [(*row, "longo") for row in rows[10_990:]]
    script.on("from t", BROKEN + more, rows)
    row = 11 if more else 11_001
    with pytest.raises(SourceFailed, match=f"Row {row}, column V: .* byte E3") as failed:
        source.export("select * from t")
    assert failed.value.transient is False
    assert "unencodable" in failed.value.hint


def test_half_a_sign_of_a_national_text_is_told_too(source: Source, script: Scripted) -> None:
    script.on("from n", "N NVARCHAR2(9)", [("ok",), (Raw(b"\xd8\x00"),)])
    with pytest.raises(SourceFailed, match=r"Row 2, column N: .* half a sign"):
        source.export("select n from n")


def test_broken_text_is_replaced_where_the_job_says_so_and_in_a_preview(
    source: Source, script: Scripted
) -> None:
    script.on("from t", BROKEN, [(1, Raw(b"caf\xe9"), Raw(b"\xd8\x00"), "ok")])
    replacing = Dialect(header=False, unencodable="replace")
    _, csv = source.export("select * from t", replacing)
    assert csv.startswith("1;caf�;�;ok")
    with source.open() as session:
        assert session.fetch("select * from t", 5)[1][0][1] == "caf�"


def test_column_that_is_left_out_may_hold_broken_text(source: Source, script: Scripted) -> None:
    script.on("from t", BROKEN, [(1, Raw(b"caf\xe9"), "é", "ok")])
    form = Dialect(header=False).changed({"columns": ["N", "ID"]})
    assert source.export("select * from t", form)[1] == "é;1\n"


@pytest.mark.parametrize(
    ("code", "text", "error", "transient"),
    [
        (904, '"X": invalid identifier', QueryInvalid, False),
        (923, "FROM keyword not found where expected", QueryInvalid, False),
        (1031, "insufficient privileges", SourceFailed, False),
        (1456, "may not perform DML in a READ ONLY transaction", QueryRefused, False),
        (1555, "snapshot too old", SourceFailed, True),
        (1652, "unable to extend temp segment", SourceFailed, False),
        (1722, "invalid number", SourceFailed, False),
        (1789, "query block has incorrect number of result columns", QueryInvalid, False),
        (4031, "unable to allocate shared memory", SourceFailed, True),
        (14551, "cannot perform a DML operation inside a query", QueryRefused, False),
        (16000, "database open for read-only access", QueryRefused, False),
        (1033, "ORACLE initialization or shutdown in progress", SourceUnreachable, True),
        (1089, "immediate shutdown in progress", SourceUnreachable, True),
        (28, "your session has been killed", SourceUnreachable, True),
        (600, "internal error code", SourceUnreachable, True),
    ],
)
def test_error_of_the_database_becomes_the_right_kind(
    source: Source,
    script: Scripted,
    code: int,
    text: str,
    error: type[SourceFailed],
    transient: bool,
) -> None:
    script.on("from t", "A NUMBER", fault=Fault("error", code=code, text=text))
    with pytest.raises(error) as raised:
        source.export("select a from t")
    assert raised.value.transient is transient
    assert f"ORA-{code:05}" in raised.value.message


def test_fault_in_the_text_is_placed(source: Source, script: Scripted) -> None:
    fault = Fault("error", code=904, text='"NADA": invalid identifier', offset=9)
    script.on("nada", fault=fault)
    with source.open() as session, pytest.raises(QueryInvalid, match="line 4, column 3") as error:
        session.describe("\n\n select\n  nada\nfrom t")
    assert (error.value.line, error.value.column) == (4, 3)


@pytest.mark.parametrize("how", ["rst", "fin", "half"])
def test_line_lost_in_mid_fetch_is_worth_another_try(
    source: Source, script: Scripted, how: str
) -> None:
    script.on(
        "from t",
        "A NUMBER(9), V VARCHAR2(90)",
        lambda _: ((i, "v" * 80) for i in range(30_000)),
        fault=Fault(how, rows=12_000),
    )
    sink = io.BytesIO()
    with source.open() as session, pytest.raises(SourceUnreachable) as lost:
        session.export_csv("select * from t", sink, NO_HEADER)
    assert lost.value.transient is True
    assert session.rows_exported < 12_000
    assert sink.getvalue().endswith(b"\n")


def test_server_that_hangs_in_mid_fetch_is_stopped_by_the_time_limit(
    source: Source, script: Scripted
) -> None:
    script.on(
        "from t",
        "A NUMBER(9)",
        lambda _: ((i,) for i in range(30_000)),
        fault=Fault("stall", rows=12_000),
    )
    with pytest.raises(SourceTimeout):
        source.export("select a from t", time_limit_s=0.5)


def test_timer_of_a_session_ends_with_it(source: Source) -> None:
    before = threading.active_count()
    source.open(time_limit_s=3600).close()
    wait_for(lambda: threading.active_count() <= before, what="the timer to end")


def test_connection_test_tells_rights_beyond_reading(source: Source, script: Scripted) -> None:
    assert "could not be read" in source.connector.test(source.spec).warnings[0]
    script.on("from session_privs", "PRIVILEGE VARCHAR2(40)", [("DROP ANY TABLE",)])
    script.on("from user_tables", "T VARCHAR2(80)", [("APP.VENDAS",)])
    warnings = source.connector.test(source.spec).warnings
    assert "DROP ANY TABLE" in warnings[0]
    assert "APP.VENDAS" in warnings[1]
    script.on("from session_privs", "PRIVILEGE VARCHAR2(40)", [])
    script.on("from user_tables", "T VARCHAR2(80)", [])
    assert source.connector.test(source.spec).warnings == ()


def test_every_form_of_address_connects(source: Source, server: Server, tmp_path: Path) -> None:
    host, port, service = server.host, server.port, server.service
    descriptor = (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={host})(PORT={port}))"
        f"(CONNECT_DATA=(SERVICE_NAME={service})))"
    )
    (tmp_path / "tnsnames.ora").write_text(f"ERP = {descriptor}\n")
    for dsn, options in (
        (f"{host}:{port}/{service}", {}),
        (descriptor, {}),
        ("ERP", {"config_dir": str(tmp_path)}),
    ):
        found = with_spec(source, host=None, port=None, database=None, dsn=dsn, options=options)
        assert found.connector.test(found.spec).server_version.startswith("Oracle Database")


@pytest.mark.parametrize("options", [{}, {"config_dir": "/nao/existe"}])
def test_unknown_alias_is_not_worth_another_try(source: Source, options: dict[str, object]) -> None:
    wrong = with_spec(source, dsn="ERP", options=options)
    with pytest.raises(SourceUnreachable, match=r"tnsnames\.ora") as error:
        wrong.connector.test(wrong.spec)
    assert error.value.transient is False


@pytest.mark.parametrize("code", [12514, 12516, 12520])
def test_listener_that_refuses_is_worth_another_try(
    source: Source, server: Server, code: int
) -> None:
    server.refuse = code
    with pytest.raises(SourceUnreachable) as error:
        source.export("select 1 from dual")
    assert error.value.transient is True
    # It should show both lines: what failed and why
    assert "DPY-6005" in error.value.message
    assert str(code) in error.value.message
    assert "CONNECTION_ID" not in error.value.message


def test_host_nobody_knows_is_explained(source: Source) -> None:
    wrong = with_spec(source, host="nao-existe.invalid")
    with pytest.raises(SourceUnreachable, match=r"nao-existe\.invalid.*Check host"):
        wrong.connector.test(wrong.spec)


@pytest.mark.parametrize("code", [28000, 28001])
def test_account_that_may_not_log_in_is_never_tried_again(code: int) -> None:
    locked = {"APP": User("segredo", login_error=OraError(code, "the account is not usable"))}
    with Server(Scripted(), users=locked) as server, oracle_source("19c") as (source, _):
        found = with_spec(source, port=server.port)
        with pytest.raises(SourceLoginFailed, match="'app'") as refused:
            found.connector.test(found.spec)
    assert refused.value.transient is False
    assert refused.value.database_code == f"ORA-{code}"


def test_what_thin_mode_cannot_reach_is_told_with_the_setting() -> None:
    with oracle_source("19c") as (source, _):
        for server in (
            Server(Scripted(), users={"APP": "segredo"}, profile="11g"),
            Server(Scripted(), users={"APP": "segredo"}, native_encryption=True),
            Server(Scripted(), users={"APP": User("segredo", verifier="10g")}),
        ):
            with server:
                found = with_spec(source, port=server.port)
                with pytest.raises(SourceDriverMissing, match="INSTANT_CLIENT"):
                    found.connector.test(found.spec)


def test_instant_client_that_is_no_folder_is_told_with_the_setting(source: Source) -> None:
    wrong = with_spec(source, options={"instant_client": "/nao/existe"})
    with pytest.raises(SourceDriverMissing, match=r"/nao/existe.*INSTANT_CLIENT") as error:
        wrong.connector.test(wrong.spec)
    assert error.value.transient is False


def in_a_new_process(program: str, *arguments: str) -> str:
    """What the program prints: the mode of the driver is decided once per process."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def test_instant_client_without_its_library_is_told(tmp_path: Path) -> None:
    told = in_a_new_process(
        """
        import sys
        from connectors.base import ConnectionSpec, SourceDriverMissing
        from connectors.registry import connector_for
        spec = ConnectionSpec(kind="oracle", name="erp", username="app", password="x",
                              host="127.0.0.1", port=1, options={"instant_client": sys.argv[1]})
        try:
            connector_for("oracle").test(spec)
        except SourceDriverMissing as error:
            print(error.database_code, error.message)
        """,
        str(tmp_path),
    )
    assert told.startswith("DPI-1047")
    assert "cannot be loaded from" in told
    assert "INSTANT_CLIENT" in told


def test_instant_client_after_a_connection_without_it_is_told(
    source: Source, tmp_path: Path
) -> None:
    assert source.connector.test(source.spec)
    late = with_spec(source, options={"instant_client": str(tmp_path)})
    with pytest.raises(SourceDriverMissing, match="start again") as error:
        late.connector.test(late.spec)
    assert error.value.database_code == "DPY-2019"


def test_password_in_an_address_is_not_shown(source: Source) -> None:
    wrong = with_spec(source, dsn="app/segredo-do-dsn@127.0.0.1:1/X")
    with pytest.raises(SourceUnreachable) as error:
        wrong.connector.test(wrong.spec)
    assert "segredo-do-dsn" not in error.value.message
