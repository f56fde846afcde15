"""What the text of a job can do to its source: read, whoever's account it runs with."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.base import SourceError
from connectors.statement import check_statement
from metadb.embedded import ServerAddress
from metadb.engine import DatabaseAddress, unit_of_work
from models import Connection
from tests.integration.conftest import Cast, connection_body, job_body
from tests.sources import Source, new_database, postgres_source, run_sql, with_spec

PLAIN = "leitor_comum"
TABLES = f"""
do $$ begin
  if not exists (select from pg_roles where rolname = '{PLAIN}') then
    create role {PLAIN} login password 'somente-leitura';
  end if;
end $$;
create sequence contador;
create function apaga() returns int language sql security definer
    as 'insert into alvo values (1) returning id';
grant select, insert on alvo to {PLAIN};
grant usage on sequence contador to {PLAIN};
"""
# What wrote, locked or reached out of the database when it was run without the barriers.
WRITING = [
    "with x as (insert into alvo values (1) returning id) select id from x",
    "select apaga()",
    "select nextval('contador')",
    "select id from alvo for update",
    "select 1; commit; insert into alvo values (1)",
    "select 1; rollback; begin read write; insert into alvo values (1)",
    "select set_config('transaction_read_only', 'off', false), apaga()",
    "select * into novo from alvo",
    "select lo_create(0)",
]
BREAKOUTS = [
    "select 1) to program 'touch {marker}'; copy (select 2",
    "select 1\n) to program 'touch {marker}' --",
    "select 1) to '{marker}' with (format csv); copy (select 1",
    "select 1/*) to program 'touch {marker}'; copy (select 2*/); select 1 --",
    "select $a$) to program 'touch {marker}'; copy (select 2$a$; select 1",
]


@pytest.fixture(scope="module")
def address(pg_server: ServerAddress) -> DatabaseAddress:
    return new_database(pg_server)


@pytest.fixture(scope="module")
def sources(address: DatabaseAddress) -> dict[str, Source]:
    superuser = postgres_source(address)
    run_sql(address, TABLES)
    plain = with_spec(superuser, username=PLAIN, password="somente-leitura")
    return {"superuser": superuser, "plain": plain}


@pytest.mark.parametrize("role", ["superuser", "plain"])
def test_security_sql_read_a_text_that_writes_is_refused_for_every_account(
    sources: dict[str, Source], role: str
) -> None:
    for text in WRITING:
        with pytest.raises(SourceError):
            sources[role].export(text)
        assert sources[role].writes() == 0, text


def test_security_sql_read_is_asked_when_a_job_is_made_and_when_it_is_changed(
    cast: Cast, job_id: int
) -> None:
    texts = [
        "insert into alvo values (1)", "select 1; delete from alvo", "delete from alvo",
        "drop table alvo", "copy alvo to program 'id'", "begin", "select 1) to program 'id' --",
        "update alvo set id = 1", "call p()", "do $$ begin end $$", "", "vacuum",
    ]  # fmt: skip
    for text in texts:
        body = job_body(export_name="outro", job_status="Y", sql_script=text)
        made = cast.normal.post("/api/jobs", body)
        changed = cast.root.put(f"/api/jobs/{job_id}", {"sql_script": text, "job_status": "Y"})
        for response in (made, changed):
            assert (response.status_code, response.json["code"][:6]) == (422, "query_"), text
    assert len(cast.root.get("/api/jobs").json) == 1


@pytest.mark.parametrize("text", BREAKOUTS)
def test_security_copy_breakout_leaves_no_marker(
    sources: dict[str, Source], reachable_folder: Path, text: str
) -> None:
    reachable_folder.chmod(0o777)
    marker = reachable_folder / "marker"
    for source in sources.values():
        with pytest.raises(SourceError):
            source.export(text.format(marker=marker))
    assert not marker.exists()


def test_security_sql_functions_a_reader_reaches_nothing_and_rights_are_told(
    sources: dict[str, Source],
) -> None:
    plain = sources["plain"]
    for text in (
        "select pg_read_file('/etc/passwd')", "select * from pg_ls_dir('/')",
        "select pg_reload_conf()", "select * from pg_shadow",
        "select pg_read_binary_file('/etc/hostname')", "select lo_import('/etc/passwd')",
    ):  # fmt: skip
        with pytest.raises(SourceError):
            plain.export(text)
    # What an account may do beyond reading is told where the connection is tested.
    for role, word in (("superuser", "superuser"), ("plain", "alvo")):
        found = sources[role].connector.test(sources[role].spec)
        assert word in " ".join(found.warnings)


AUTONOMOUS = (
    "with function f return number is pragma autonomous_transaction; begin return 1; end; "
    "select f from dual"
)


@pytest.mark.parametrize(
    "text",
    [
        "begin null; end;", "declare x int; begin null; end;", "select 1 from dual; drop table t",
        "create table t as select 1 from dual", "call p()", "lock table t in exclusive mode",
        "merge into t using d on (1=1)", "alter session set nls_date_format = 'x'", AUTONOMOUS,
    ],
)  # fmt: skip
def test_security_oracle_blocks_and_everything_but_reading_are_refused(text: str) -> None:
    with pytest.raises(SourceError):
        check_statement(text, "oracle")


def test_security_sql_values_come_back_as_data(cast: Cast) -> None:
    evil = "x'); drop table users; --\" \\ %s {0} $1"
    made = cast.root.post("/api/connections", connection_body(name=evil))
    assert made.status_code == 201
    assert cast.root.get("/api/connections").json[0]["name"] == evil
    assert cast.root.get("/api/logs", query_string={"q": evil, "user": evil}).json["total"] == 0
    assert cast.root.get("/api/audit", query_string={"q": evil}).json["total"] >= 1
    with unit_of_work() as session:
        assert session.query(Connection).filter(Connection.name == evil).count() == 1


# What a SELECT can still do within the barriers, by account: the reason for accounts of their own.
RUNS, REFUSED = "runs", "refused"
REACH = [
    ("with x as (insert into alvo values (1) returning id) select id from x", REFUSED, REFUSED),
    ("select apaga() as n", REFUSED, REFUSED),
    ("select set_config('transaction_read_only', 'off', false), nextval('contador')",
     REFUSED, REFUSED),
    ("select nextval('contador') as n", REFUSED, REFUSED),
    ("select id from alvo for update", REFUSED, REFUSED),
    ("select pg_read_file('/etc/hostname') as x", RUNS, REFUSED),
    ("select count(*) as n from pg_ls_dir('/') as x", RUNS, REFUSED),
    ("select count(*) as n from pg_shadow", RUNS, REFUSED),
    ("select pg_reload_conf() as x", RUNS, REFUSED),
    ("select lo_import('/etc/hostname') as x", REFUSED, REFUSED),
    ("select lo_from_bytea(0, 'x') as x", REFUSED, REFUSED),
    ("select pg_advisory_lock(42)::text as x", RUNS, RUNS),
    ("select pg_notify('canal', 'x')::text as x", RUNS, RUNS),
    ("select pg_logical_emit_message(false, 'a', 'b')::text as x", RUNS, RUNS),
    ("select dblink('dbname=x', 'delete from alvo')::text as x", REFUSED, REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("role", "column"), [("superuser", 1), ("plain", 2)])
def test_security_sql_functions_reach_what_the_account_may_and_nothing_is_left(
    sources: dict[str, Source], address: DatabaseAddress, role: str, column: int
) -> None:
    found = {}
    for text, *_ in REACH:
        try:
            sources[role].export(text)
            found[text] = RUNS
        except SourceError:
            found[text] = REFUSED
    assert found == {row[0]: row[column] for row in REACH}
    assert sources[role].writes() == 0
    # Locks end with the session of the run, and no sequence has moved.
    held = "select count(*) from pg_locks where locktype = 'advisory' and objid = 42"
    assert run_sql(address, held) == [(0,)]
    assert run_sql(address, "select is_called from contador") == [(False,)]


@pytest.mark.parametrize("role", ["superuser", "plain"])
def test_security_sql_functions_that_never_end_are_stopped(
    sources: dict[str, Source], role: str
) -> None:
    many = "generate_series(1, 1000000000)"
    bomb = f"select count(*) as n from {many} a, {many} b"
    for text in ("select pg_sleep(600)::text as x", bomb):
        with pytest.raises(SourceError):
            sources[role].export(text, time_limit_s=1.0)
