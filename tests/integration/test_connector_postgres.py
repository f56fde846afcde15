"""What only PostgreSQL does: its barriers, types, settings and errors, against a real server."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from connectors.base import (
    ColumnType,
    QueryInvalid,
    QueryRefused,
    SessionTags,
    SourceFailed,
    SourceLoginFailed,
    SourceTimeout,
    SourceUnreachable,
)
from connectors.postgres import PostgresConnector, application_name
from connectors.postgres_session import PostgresSession
from dialects.dialect import Dialect
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress
from tests.sources import Source, new_database, postgres_source, run_sql, with_spec
from tests.waiting import wait_for

READER = "leitor_da_fonte"
READER_SQL = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{READER}') then
    create role {READER} login password 'somente-leitura';
  end if;
end $$;
create table clientes (id int);
create table segredos (id int);
grant select on clientes to {READER};
"""


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    return new_database(pg_server)


@pytest.fixture(scope="module")
def source(address: DatabaseAddress) -> Source:
    found = postgres_source(address)
    run_sql(address, READER_SQL)
    return found


@pytest.fixture
def reader(source: Source) -> Source:
    return with_spec(source, username=READER, password="somente-leitura")


@pytest.mark.parametrize(
    "text",
    [
        "select 1) to program 'touch {marker}'; copy (select 2",
        "select 1) to program 'touch {marker}' --",
        "select 1) to '{marker}' with (format csv); copy (select 1",
        "select 1\n) to program 'touch {marker}' /*",
        "select (1)) to program 'touch {marker}' as x (",
    ],
)
def test_text_that_breaks_out_of_copy_runs_nothing_on_the_server(
    source: Source, reachable_folder: Path, text: str
) -> None:
    reachable_folder.chmod(0o777)
    marker = reachable_folder / "marker"
    with pytest.raises(QueryRefused):
        source.export(text.format(marker=marker))
    assert not marker.exists()


def test_server_itself_refuses_what_the_text_gate_would_let_pass(
    source: Source, reachable_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It should hold with the tokenizer out of the way
    monkeypatch.setattr("connectors.binds.check_statement", lambda sql, _kind: sql)
    reachable_folder.chmod(0o777)
    marker = reachable_folder / "marker"
    for text in (
        f"select 1) to program 'touch {marker}'; copy (select 2",
        f"select 1) to program 'touch {marker}' --",
        "select 1; commit; insert into alvo values (1)",
        "select 1; select 2",
    ):
        with pytest.raises(QueryInvalid):
            source.export(text)
    with pytest.raises(QueryRefused):
        source.export("insert into alvo values (1) returning id")
    assert not marker.exists()
    assert source.writes() == 0


@pytest.mark.parametrize(
    "text",
    [
        "select nextval('contador')",
        "select id from alvo for update",
        "select lo_create(0)",
        "select set_config('transaction_read_only', 'off', false)",
        "select pg_catalog.setval('contador', 99)",
    ],
)
def test_side_effects_of_a_select_are_refused(source: Source, text: str) -> None:
    with source.open() as session:
        run_sql_once(source, "create sequence if not exists contador")
        with pytest.raises((QueryRefused, SourceFailed)):
            session.export_csv(text, io.BytesIO(), Dialect())


def run_sql_once(source: Source, sql: str) -> None:
    spec = source.spec
    assert spec.host is not None
    assert spec.port is not None
    assert spec.database is not None
    run_sql(DatabaseAddress(spec.host, spec.port, spec.database, spec.username, spec.password), sql)


def test_every_type_is_described(source: Source) -> None:
    sql = (
        "select 1::int2 as i2, 1::int8 as i8, 1.5::numeric as n, 1::numeric(38) as n38, true as b,"
        " 1.5::numeric(12,2) as n2, 1.1::float4 as f4, 1.1::float8 as f8, 'a'::text as t,"
        " 'a'::varchar(5) as v, current_date as d, now()::timestamp as ts, now() as tz,"
        " '10:00'::time as h, '1 day'::interval as iv, '\\x00'::bytea as by,"
        " '{\"a\":1}'::jsonb as j, array[1,2] as a, gen_random_uuid() as u"
    )
    with source.open() as session:
        columns = {c.name: c for c in session.describe(sql)}
    assert {name: c.type for name, c in columns.items()} == {
        "i2": ColumnType.INTEGER,
        "i8": ColumnType.INTEGER,
        "n": ColumnType.DECIMAL,
        "n38": ColumnType.DECIMAL,
        "n2": ColumnType.DECIMAL,
        "f4": ColumnType.FLOAT,
        "f8": ColumnType.FLOAT,
        "b": ColumnType.BOOLEAN,
        "t": ColumnType.TEXT,
        "v": ColumnType.TEXT,
        "d": ColumnType.DATE,
        "ts": ColumnType.TIMESTAMP,
        "tz": ColumnType.TIMESTAMP_TZ,
        "h": ColumnType.TIME,
        "iv": ColumnType.INTERVAL,
        "by": ColumnType.BINARY,
        "j": ColumnType.TEXT,
        "a": ColumnType.TEXT,
        "u": ColumnType.TEXT,
    }
    assert columns["v"].native_type == "character varying(5)"
    assert (columns["n2"].precision, columns["n2"].scale) == (12, 2)
    assert (columns["n"].precision, columns["n"].scale) == (None, None)


def test_values_of_every_type_are_written_without_loss(source: Source) -> None:
    sql = (
        "select true, false, null::bool, date '2024-01-31', 1.10::numeric(10,2), 0.1::float8,"
        " 1e300::float8, 'NaN'::numeric, '\\x00ff'::bytea, interval '1 day 2 hours',"
        " ''::text, '10:00:00'::time, array[1,2], '{\"a\": \"b\"}'::jsonb"
    )
    _, csv = source.export(sql, Dialect(header=False))
    assert csv == (
        "true;false;;31/01/2024;1.10;0.1;1e+300;NaN;\\x00ff;1 day 02:00:00;"
        '"";10:00:00;{1,2};"{""a"": ""b""}"\n'
    )


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("dmy", "infinity;-infinity;15/03/0044 BC;01/01/12024 00:00:00;infinity;a\n"),
        ("iso", "infinity;-infinity;0044-03-15 BC;12024-01-01 00:00:00;infinity;a\n"),
    ],
)
# concat() could write dates into text, so the style of the session is left alone
@pytest.mark.parametrize("through", ["'a'", "concat('a')"])
def test_moments_outside_the_calendar_are_written_alike_on_both_paths(
    source: Source, style: str, expected: str, through: str
) -> None:
    sql = (
        "select date 'infinity', timestamp '-infinity', date '0044-03-15 BC',"
        f" timestamp '12024-01-01 00:00', timestamptz 'infinity', {through} as x"
    )
    form = Dialect(header=False, date_format=style)  # type: ignore[arg-type]
    _, csv = source.export(sql, form)
    assert csv == expected


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31 23:59:59.999999", "1970-01-01"])
def test_edges_of_the_calendar_are_written_day_first(source: Source, moment: str) -> None:
    _, csv = source.export(f"select timestamp '{moment}'", Dialect(header=False))
    day, _, clock = moment.partition(" ")
    year, month, of_month = day.split("-")
    assert csv == f"{of_month}/{month}/{year} {clock or '00:00:00'}\n"


def test_zone_follows_the_clock_changes_of_its_history(source: Source) -> None:
    sql = (
        "select timestamptz '2018-01-15 12:00+00' as verao, timestamptz '2024-01-15 12:00+00' as a"
    )
    _, csv = source.export(sql, Dialect(header=False), time_zone="America/Sao_Paulo")
    assert csv == "15/01/2018 10:00:00;15/01/2024 09:00:00\n"
    _, csv = source.export(sql, Dialect(header=False), time_zone="UTC")
    assert csv == "15/01/2018 10:00:00;15/01/2024 09:00:00\n"


def test_form_of_dates_does_not_change_what_the_query_means(source: Source) -> None:
    sql = (
        "select date '02/01/2024' as d, date '2024-02-01'::text as t, date '2024-02-01' || '' as c"
    )
    _, day_first = source.export(sql, Dialect(header=False))
    _, iso = source.export(sql, Dialect(header=False, date_format="iso"))
    assert iso == "2024-02-01;2024-02-01;2024-02-01\n"
    assert day_first == "01/02/2024;2024-02-01;2024-02-01\n"


def test_form_of_one_export_does_not_change_what_the_next_query_means(source: Source) -> None:
    with source.open() as session:
        for sql, style, expected in (
            ("select date '2024-02-01' as d", "dmy", "01/02/2024\n"),
            ("select date '02/01/2024' as d", "iso", "2024-02-01\n"),
            ("select date '2024-02-01' as d", "dmy", "01/02/2024\n"),
            ("select date '2024-02-01'::text as d", "dmy", "2024-02-01\n"),
        ):
            sink = io.BytesIO()
            form = Dialect(header=False, date_format=style)  # type: ignore[arg-type]
            session.export_csv(sql, sink, form)
            assert sink.getvalue().decode() == expected


def test_order_of_the_query_is_kept_around_conversions(source: Source) -> None:
    sql = (
        "select g as id, date '2024-01-01' + g as d from generate_series(1, 5000) g order by g desc"
    )
    _, csv = source.export(sql, Dialect(header=False))
    assert [int(line.split(";")[0]) for line in csv.splitlines()] == list(range(5000, 0, -1))


def test_comment_at_the_end_of_the_text_does_not_swallow_the_copy(source: Source) -> None:
    _, csv = source.export("select date '2024-01-31' as d -- fim; )", Dialect())
    assert csv == "d\n31/01/2024\n"


def test_names_with_quotes_and_delimiters_are_quoted_in_the_header(source: Source) -> None:
    _, csv = source.export('select 1 as "a;b", true as "c""d", 2 as "ação"')
    assert csv == '"a;b";"c""d";ação\n1;true;2\n'


def test_zero_columns_are_refused(source: Source) -> None:
    with pytest.raises(QueryRefused, match="no columns"):
        source.export("select from alvo")


@pytest.mark.parametrize(
    ("sql", "code", "line", "column"),
    [
        ("select 1 fro alvo x y", "42601", 1, 14),
        ("select\n  nada_disso\nfrom alvo", "42703", 2, 3),
        ("select 1\nfrom nao_existe", "42P01", 2, 6),
        ("select 'ação',\n 'x'::int", "22P02", 2, 2),
        ("\n\nselect grvaa()", "42883", 3, 8),
    ],
)
def test_fault_in_the_text_is_placed(
    source: Source, sql: str, code: str, line: int, column: int
) -> None:
    with source.open() as session, pytest.raises(QueryInvalid) as invalid:
        session.describe(sql)
    error = invalid.value
    assert (error.database_code, error.line, error.column) == (code, line, column)
    assert f"line {line}, column {column}" in error.message


def test_table_without_the_right_to_read_is_named(reader: Source) -> None:
    assert reader.export("select id from clientes")[0] == 0
    with pytest.raises(SourceFailed, match=r"segredos.*administrator") as refused:
        reader.export("select id from segredos")
    assert refused.value.database_code == "42501"


def test_connection_test_warns_of_every_right_beyond_reading(
    source: Source, reader: Source, address: DatabaseAddress
) -> None:
    assert "superuser" in source.connector.test(source.spec).warnings[0]
    assert reader.connector.test(reader.spec).warnings == ()
    run_sql(
        address,
        f"grant insert on clientes to {READER}; grant pg_execute_server_program to {READER};"
        f' grant create on database "{address.dbname}" to {READER}',
    )
    try:
        warnings = " ".join(reader.connector.test(reader.spec).warnings)
    finally:
        run_sql(
            address,
            f"revoke insert on clientes from {READER};"
            f" revoke pg_execute_server_program from {READER};"
            f' revoke create on database "{address.dbname}" from {READER}',
        )
    assert "run programs on the database server" in warnings
    assert "public.clientes" in warnings
    assert "create schemas" in warnings


def test_session_is_tagged_and_read_only(source: Source) -> None:
    _, csv = source.export(
        "select current_setting('application_name'), current_setting('transaction_read_only'),"
        " current_setting('TimeZone'), current_setting('lock_timeout')",
        Dialect(header=False),
        time_zone="Asia/Tokyo",
    )
    assert csv == "automacaosql job=Vendas diarias run=42;on;Asia/Tokyo;1min\n"


@pytest.mark.parametrize("job", ["a" * 200, "ção" * 50, ""])
def test_long_job_names_never_cut_off_the_run(job: str) -> None:
    name = application_name(SessionTags(job, 123456))
    assert len(name.encode()) <= 63
    assert name.endswith(" run=123456")


def test_settings_end_with_the_transaction(source: Source) -> None:
    with source.open(time_limit_s=60) as session:
        assert isinstance(session, PostgresSession)
        session.describe("select 1")
        asked = "select current_setting('statement_timeout')"
        assert session._line.query(asked).get_value(0, 0) == b"65s"
        session._line.query("rollback")
        assert session._line.query(asked).get_value(0, 0) == b"0"


def test_unknown_time_zone_is_refused_in_words(source: Source) -> None:
    with pytest.raises(SourceFailed, match="Mars/Olympus"):
        source.export("select 1", time_zone="Mars/Olympus")


def test_lost_server_is_worth_another_try(source: Source, address: DatabaseAddress) -> None:
    def kill_when_it_runs() -> None:
        wait_for(
            lambda: run_sql(
                address,
                "select pg_terminate_backend(pid) from pg_stat_activity where query like"
                " 'COPY%pg_sleep(59)%'",
            ),
            what="the query to run",
        )

    thread = threading.Thread(target=kill_when_it_runs)
    thread.start()
    with pytest.raises(SourceUnreachable, match="administrator") as lost:
        source.export("select 1 as a from pg_sleep(59)")
    thread.join()
    assert lost.value.transient is True
    # Which of the two it is depends on how much the driver could still read
    assert lost.value.database_code in {"57P01", "08006"}


def test_cancel_by_the_administrator_is_told_from_our_own(
    source: Source, address: DatabaseAddress
) -> None:
    def cancel_when_it_runs() -> None:
        wait_for(
            lambda: run_sql(
                address,
                "select pg_cancel_backend(pid) from pg_stat_activity where query like"
                " 'COPY%pg_sleep(58)%'",
            ),
            what="the query to run",
        )

    thread = threading.Thread(target=cancel_when_it_runs)
    thread.start()
    with pytest.raises(Exception, match="somebody else"):
        source.export("select 1 as a from pg_sleep(58)")
    thread.join()


def test_closing_in_mid_export_stops_the_query_in_the_database(
    source: Source, address: DatabaseAddress
) -> None:
    class Stop(Exception):
        pass

    class Once:
        written = 0

        def write(self, data: bytes) -> None:
            self.written += bool(data)
            if self.written > 2:
                raise Stop

    with source.open() as session, pytest.raises(Stop):
        session.export_csv(source.texts["endless"], Once(), Dialect())
    wait_for(
        lambda: run_sql(
            address,
            "select 1 where not exists (select from pg_stat_activity"
            " where application_name like 'automacaosql%' and datname = current_database())",
        ),
        what="the session to be gone",
    )


def test_too_many_connections_is_worth_another_try(
    reader: Source, address: DatabaseAddress
) -> None:
    run_sql(address, f"alter role {READER} connection limit 0")
    try:
        with pytest.raises(SourceUnreachable, match="too many") as busy:
            reader.export("select 1")
    finally:
        run_sql(address, f"alter role {READER} connection limit -1")
    assert busy.value.transient is True


def test_locked_table_is_waited_for_and_then_worth_another_try(
    source: Source, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.postgres_session.LOCK_TIMEOUT_MS", 200)
    with contextlib.closing(
        psycopg2.connect(
            host=address.host,
            port=address.port,
            dbname=address.dbname,
            user=address.user,
            password=address.password,
        )
    ) as other:
        other.cursor().execute("lock table clientes in access exclusive mode")
        with pytest.raises(SourceFailed, match="lock") as locked:
            source.export("select id from clientes")
    assert locked.value.transient is True
    assert locked.value.database_code == "55P03"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"host": "nao-existe.invalid"}, SourceUnreachable, "host name"),
        ({"host": "/nao/existe"}, SourceUnreachable, "socket in /nao/existe"),
        ({"username": "ninguem"}, SourceLoginFailed, "'ninguem'"),
        ({"password": ""}, SourceLoginFailed, "password"),
    ],
)
def test_address_that_does_not_work_is_explained(
    source: Source,
    changes: dict[str, object],
    error: type[Exception],
    words: str,
) -> None:
    wrong = with_spec(source, **changes)
    with pytest.raises(error, match=words):
        wrong.connector.test(wrong.spec)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A listener that accepts and never says a word, as a frozen server does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_server_that_does_not_answer_is_given_up(source: Source, silent_port: int) -> None:
    silent = with_spec(source, host="127.0.0.1", port=silent_port)
    with pytest.raises(SourceUnreachable, match="no answer within") as error:
        PostgresConnector().test(silent.spec, timeout_s=0.3)
    assert error.value.transient is True


def test_server_that_hangs_in_mid_query_is_dropped_after_the_limit(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It should end although the request to stop never reaches the server
    monkeypatch.setattr("connectors.postgres_line.STOP_GRACE_S", 0.3)
    monkeypatch.setattr("connectors.postgres_line.POLL_S", 0.1)
    monkeypatch.setattr("connectors.postgres_line._ask_to_stop", lambda _: None)
    with pytest.raises(SourceTimeout):
        source.export("select 1 as a from pg_sleep(20)", time_limit_s=0.3)


def test_guard_keeps_every_kind_of_text(source: Source) -> None:
    sql = (
        "select '=a'::char(4) as padded, 'b'::char(4) as plain, null::char(4) as nothing,"
        " '-x'::varchar(9) as v, '[-1]'::json as j, '-1'::json as n, null::text as t, '' as e,"
        " '@é' as u, -5 as number, '-1 day'::interval as i, '{-1}'::int[] as a"
    )
    _, csv = source.export(sql, Dialect(header=False, formula_guard=True))
    assert csv == "'=a  ;b   ;;'-x;[-1];'-1;;\"\";'@é;-5;-1 days;{-1}\n"
