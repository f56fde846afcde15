"""What every connector does alike, against an embedded PostgreSQL and the Oracle stand-in.

With ORACLE_TEST_DSN also against a real Oracle; see tests/oracle_live.py.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest

from connectors.base import (
    ColumnType,
    QueryInvalid,
    QueryMultipleStatements,
    QueryNotSelect,
    QueryRefused,
    QueryUnbalanced,
    SourceCancelled,
    SourceError,
    SourceFailed,
    SourceLoginFailed,
    SourceTimeout,
    SourceUnreachable,
)
from connectors.registry import KINDS, UnknownConnectionKind, connector_for
from dialects.dialect import Dialect, DialectColumnUnknown
from dialects.profiles import dialect_of
from dialects.text_output import TextOutput
from metadb.embedded import ServerAddress
from tests import oracle_live
from tests.sources import Source, new_database, oracle_source, postgres_source, with_spec
from tests.waiting import wait_for

# The driver leaves the socket of a lost or refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(scope="module")
def postgres(pg_server: ServerAddress) -> Source:
    """One database for all: no test may write to it."""
    return postgres_source(new_database(pg_server))


SOURCES = ["postgres", "oracle-19c", "oracle-23ai", *(["oracle-live"] if oracle_live.DSN else [])]


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    kind, _, profile = request.param.partition("-")
    if kind == "postgres":
        yield request.getfixturevalue("postgres")
    elif profile == "live":
        with oracle_live.live_oracle() as live:
            yield live
    else:
        with oracle_source(profile) as (found, _server):
            yield found


def test_registry_knows_the_kind(source: Source) -> None:
    assert source.spec.kind in KINDS
    assert connector_for(source.spec.kind).kind == source.spec.kind


def test_registry_refuses_another_kind() -> None:
    with pytest.raises(UnknownConnectionKind, match="postgres, oracle"):
        connector_for("mysql")


def test_connection_test_reports_the_version(source: Source) -> None:
    report = source.connector.test(source.spec)
    assert report.server_version.split()[-1][0].isdigit()
    assert report.warnings
    assert report.elapsed_ms >= 0


def test_describe_names_and_types_columns_without_running(source: Source) -> None:
    with source.open() as session:
        columns = session.describe(source.texts["numbers"])
        # It should not run: this one would take a minute
        session.describe(source.texts["slow"])
    assert [c.name.lower() for c in columns] == ["a", "b", "c"]
    assert columns[0].type is ColumnType.INTEGER
    assert columns[2].type is ColumnType.DECIMAL
    assert (columns[2].precision, columns[2].scale) == (10, 2)
    assert columns[2].native_type.lower() in {"numeric(10,2)", "number(10,2)"}


def test_numbers_keep_every_digit(source: Source) -> None:
    rows, csv = source.export("numbers")
    assert rows == 1
    assert csv.lower() in {
        "a;b;c\n7;12345678901234567890123456789012345678;0.50\n",
        "a;b;c\n7;12345678901234567890123456789012345678;0.5\n",  # NUMBER keeps no closing zero
    }


def test_texts_are_quoted_as_copy_does(source: Source) -> None:
    rows, csv = source.export("texts")
    assert rows == 7
    assert csv.split("\n", 1)[1] == (
        '1;"São João; ""casa"""\n2;"duas\nlinhas"\n3;\n4;a,b\n5;  \n6;"\r"\n7;não\n'
    )


def test_delimiter_and_header_follow_the_form(source: Source) -> None:
    _, csv = source.export("texts", Dialect(delimiter=",", header=False))
    assert csv.startswith('1,"São João; ""casa"""\n')
    assert '4,"a,b"\n' in csv


def test_moments_are_written_day_first_in_the_zone_of_the_form(source: Source) -> None:
    _, csv = source.export("moments")
    assert csv.split("\n", 1)[1] == (
        "31/01/2024 10:11:12;31/01/2024 10:11:12.5;31/01/2024 10:11:12;\n"
    )


def test_moments_are_written_year_first_where_the_form_says_so(source: Source) -> None:
    form = Dialect(date_format="iso", time_zone="Asia/Kathmandu")
    _, csv = source.export("moments", form, time_zone="America/Sao_Paulo")
    assert csv.split("\n", 1)[1] == (
        "2024-01-31 10:11:12;2024-01-31 10:11:12.5;2024-01-31 18:56:12;\n"
    )


def test_two_columns_of_one_name_are_both_kept(source: Source) -> None:
    _, csv = source.export("twice")
    assert csv.lower() == "a;a\n1;2\n"


def test_single_column_tells_null_from_the_end_of_data_mark(source: Source) -> None:
    rows, csv = source.export("one_column")
    assert rows == 3
    assert csv.split("\n", 1)[1] == 'a\n\n"\\."\n'


def test_no_rows_give_the_header_alone(source: Source) -> None:
    rows, csv = source.export("empty")
    assert (rows, csv.lower()) == (0, "a;b\n")


def test_many_rows_arrive_in_order_and_are_counted(source: Source) -> None:
    sink = io.BytesIO()
    with source.open() as session:
        rows = session.export_csv(source.texts["many"], sink, Dialect())
        assert session.rows_exported == rows == 30000
    lines = sink.getvalue().decode().splitlines()
    assert lines[1:] == [f"{i};linha {i}" for i in range(1, 30001)]


def test_writes_hold_whole_lines_and_never_the_whole_result(source: Source) -> None:
    class Batches(list[bytes]):
        write = list.append

    batches = Batches()
    with source.open() as session:
        session.export_csv(source.texts["many"], batches, Dialect())
    assert len(batches) > 2
    assert all(batch.endswith(b"\n") for batch in batches)


def test_preview_reads_no_more_than_asked_for(source: Source) -> None:
    with source.open() as session:
        columns, rows = session.fetch(source.texts["endless"], 3)
        assert len(rows) == 3
        assert len(columns) == 1
        _, numbers = session.fetch(source.texts["numbers"], 10)
    assert numbers == [(7, Decimal(12345678901234567890123456789012345678), Decimal("0.5"))]


def test_preview_writes_moments_as_text(source: Source) -> None:
    with source.open(time_zone="America/Sao_Paulo") as session:
        _, rows = session.fetch(source.texts["moments"], 10)
    assert rows[0][:2] == ("2024-01-31 10:11:12", "2024-01-31 10:11:12.5")
    assert str(rows[0][2]).startswith("2024-01-31 10:11:12")
    assert rows[0][3] is None


def test_session_goes_on_after_a_refused_text(source: Source) -> None:
    with source.open() as session:
        with pytest.raises(SourceError):
            session.describe(source.texts["typo"])
        assert len(session.describe(source.texts["numbers"])) == 3


def test_typo_is_reported_with_the_words_of_the_database(source: Source) -> None:
    with source.open() as session, pytest.raises(QueryInvalid) as invalid:
        session.describe(source.texts["typo"])
    assert invalid.value.status == 422
    assert not invalid.value.transient
    assert invalid.value.database_code in {"42P01", "ORA-00942"}
    assert "exist" in invalid.value.message


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("delete from alvo", QueryNotSelect),
        ("select 1; select 2", QueryMultipleStatements),
        ("select 1; commit; insert into alvo values (1)", QueryMultipleStatements),
        ("select 1 as a, (2", QueryUnbalanced),
    ],
)
def test_text_that_is_not_one_select_is_refused_everywhere(
    source: Source, sql: str, error: type[QueryRefused]
) -> None:
    with source.open() as session:
        with pytest.raises(error):
            session.describe(sql)
        with pytest.raises(error):
            session.export_csv(sql, io.BytesIO(), Dialect())
        with pytest.raises(error):
            session.fetch(sql, 1)
    assert source.writes() == 0


@pytest.mark.parametrize("text", ["writes", "writes_hidden"])
def test_text_that_writes_is_refused_and_writes_nothing(source: Source, text: str) -> None:
    with pytest.raises(QueryRefused, match="change"):
        source.export(text)
    assert source.writes() == 0


def test_placeholder_is_refused_before_it_runs(source: Source) -> None:
    with source.open() as session, pytest.raises(QueryRefused, match="placeholder"):
        session.describe(source.texts["placeholder"])


def test_error_in_the_middle_of_the_rows_is_raised(source: Source) -> None:
    with pytest.raises(SourceFailed) as failed:
        source.export("breaks")
    assert failed.value.database_code in {"22012", "ORA-01476"}
    assert failed.value.transient is False


def test_wrong_password_names_server_user_and_connection(source: Source) -> None:
    wrong = with_spec(source, password="errada")
    with pytest.raises(SourceLoginFailed) as refused:
        wrong.connector.test(wrong.spec)
    message = refused.value.message
    assert repr(wrong.spec.username) in message
    assert repr(wrong.spec.name) in message
    assert "errada" not in message
    assert refused.value.transient is False
    with pytest.raises(SourceLoginFailed):
        wrong.export("numbers")


def test_unreachable_server_is_worth_another_try(source: Source) -> None:
    away = with_spec(source, host="127.0.0.1", port=1)
    with pytest.raises(SourceUnreachable, match=r"127\.0\.0\.1:1.*cannot be reached") as error:
        away.export("numbers")
    assert error.value.transient is True
    assert error.value.status == 502


def test_unknown_database_is_not_worth_another_try_by_itself(source: Source) -> None:
    away = with_spec(source, database="nao_existe")
    with pytest.raises(SourceUnreachable, match="nao_existe"):
        away.export("numbers")


def test_password_is_not_shown_by_the_address(source: Source) -> None:
    assert source.spec.password not in repr(source.spec)


def test_cancel_from_another_thread_stops_a_waiting_query(source: Source) -> None:
    with source.open() as session:
        timer = threading.Timer(0.3, session.cancel)
        timer.start()
        with pytest.raises(SourceCancelled) as stopped:
            session.export_csv(source.texts["slow"], io.BytesIO(), Dialect())
        timer.join()
    assert stopped.value.status == 409


def test_cancel_from_another_thread_stops_a_flowing_query(source: Source) -> None:
    class Counter:
        size = 0

        def write(self, data: bytes) -> None:
            self.size += len(data)

    sink = Counter()
    with source.open() as session:

        def cancel_when_rows_flow() -> None:
            wait_for(lambda: sink.size > 10_000, what="rows to arrive")
            session.cancel()

        thread = threading.Thread(target=cancel_when_rows_flow)
        thread.start()
        with pytest.raises(SourceCancelled):
            session.export_csv(source.texts["endless"], sink, Dialect())
        thread.join()


def test_cancelled_session_runs_nothing_more(source: Source) -> None:
    with source.open() as session:
        session.cancel()
        with pytest.raises(SourceCancelled):
            session.export_csv(source.texts["numbers"], io.BytesIO(), Dialect())


@pytest.mark.parametrize("text", ["slow", "endless"])
def test_time_limit_stops_the_query(source: Source, text: str) -> None:
    with pytest.raises(SourceTimeout, match=r"0\.4 seconds") as late:
        source.export(text, time_limit_s=0.4)
    assert late.value.transient is False


def test_failing_sink_ends_the_export_with_its_own_error(source: Source) -> None:
    class FullDisk:
        written = 0

        def write(self, data: bytes) -> None:
            self.written += len(data)
            if self.written > 100_000:
                raise OSError(28, "No space left on device")

    with source.open() as session, pytest.raises(OSError, match="No space"):
        session.export_csv(source.texts["endless"], FullDisk(), Dialect())


def test_closing_twice_is_harmless(source: Source) -> None:
    session = source.open()
    session.close()
    session.close()


def _file(source: Source, text: str, dialect: Dialect, **options: object) -> bytes:
    """What a run would put into the file."""
    file = io.BytesIO()
    with source.open(**options) as session:
        output = TextOutput(file, dialect)
        session.export_csv(source.texts[text], output, dialect)
        output.finish()
    return file.getvalue()


SAO_PAULO = "America/Sao_Paulo"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (
            "excel_br",
            (
                "\ufeffI;N;F;T;D;Z\r\n"
                "-7;1234,5;0,1;'=1+1;31/01/2024 10:11:12;31/01/2024 10:11:12\r\n"
                ';;;;;\r\n1;-0,5;1,5;"a;""b""";01/12/1899 00:00:00;01/12/1999 00:00:00\r\n'
            ),
        ),
        (
            "excel_us",
            (
                "\ufeffI,N,F,T,D,Z\r\n"
                "-7,1234.5,0.1,'=1+1,01/31/2024 10:11:12,01/31/2024 10:11:12\r\n"
                ',,,,,\r\n1,-0.5,1.5,"a;""b""",12/01/1899 00:00:00,12/01/1999 00:00:00\r\n'
            ),
        ),
        (
            "script",
            (
                "I,N,F,T,D,Z\r\n"
                "-7,1234.5,0.1,=1+1,2024-01-31 10:11:12.25,2024-01-31 10:11:12-03\r\n"
                ',,,,,\r\n1,-0.5,1.5,"a;""b""",1899-12-01 00:00:00,1999-12-01 00:00:00-02\r\n'
            ),
        ),
    ],
)
def test_profile_gives_the_same_bytes_from_every_source(
    source: Source, profile: str, expected: str
) -> None:
    dialect = dialect_of({"profile": profile}, time_zone=SAO_PAULO)
    found = _file(source, "dialects", dialect, time_zone=SAO_PAULO).decode()
    assert found.replace("i;n;f;t;d;z", "I;N;F;T;D;Z").replace("i,n,f,t,d,z", "I,N,F,T,D,Z") == (
        expected
    )


def test_members_of_a_dialect_are_obeyed_by_every_source(source: Source) -> None:
    dialect = dialect_of(
        {
            "profile": "custom",
            "delimiter": "|",
            "quote": "'",
            "date_format": "dmy_dots",
            "time_format": "minutes",
            "null_text": "NULO",
            "encoding": "windows-1252",
            "columns": [{"name": "D", "as": "Emissão"}, {"name": "t"}, {"name": "n"}],
        },
        time_zone=SAO_PAULO,
    )
    assert _file(source, "dialects", dialect, time_zone=SAO_PAULO).decode("cp1252") == (
        'Emissão|t|n\n31.01.2024 10:11|=1+1|1234.5\nNULO|NULO|NULO\n01.12.1899 00:00|a;"b"|-0.5\n'
    )


def test_unknown_column_is_refused_before_the_query_runs(source: Source) -> None:
    dialect = dialect_of({"columns": ["não_existe"]}, time_zone="UTC")
    with source.open() as session, pytest.raises(DialectColumnUnknown, match="não_existe"):
        session.export_csv(source.texts["slow"], io.BytesIO(), dialect)
