"""The table the export benchmarks read: one row of every trouble, the same bytes everywhere."""

from __future__ import annotations

from contextlib import closing

from metadb.server_address import ServerAddress

DATABASE = "bench"
DDL = """
CREATE TABLE {table} (
  id            bigint        NOT NULL PRIMARY KEY,
  cliente_id    integer       NOT NULL,
  codigo        text          NOT NULL,
  status        text          NOT NULL,
  nome          text          NOT NULL,
  valor         numeric(14,2) NOT NULL,
  desconto      numeric(7,4),
  quantidade    integer       NOT NULL,
  parcelas      smallint,
  taxa          double precision,
  ativo         boolean       NOT NULL,
  data_pedido   date          NOT NULL,
  criado_em     timestamp     NOT NULL,
  atualizado_em timestamptz,
  observacao    text
)
"""
# h1 to h3 are cheap hashes of the row's number: no random(), so every machine has the same rows.
FILL = """
INSERT INTO {table}
SELECT g,
       (h1 % 200000) + 1,
       'PED-' || lpad(g::text, 9, '0'),
       (ARRAY['aberto','pago','enviado','entregue','cancelado'])[1 + h1 % 5],
       (ARRAY['José','Conceição','Antônia','João','Fátima','Zoë','Íris','Luís','Ana','Márcia']
       )[1 + h2 % 10] || ' ' || (ARRAY['da Silva','Gonçalves','D''Ávila','de Araújo','Müller',
       'Brandão','Sá','Peçanha'])[1 + h3 % 8],
       round(((h1::bigint * 7919) % 100000000) / 100.0, 2),
       CASE WHEN h2 % 10 < 3 THEN NULL ELSE round((h2 % 1000000) / 10000.0, 4) END,
       1 + h3 % 50,
       CASE WHEN h3 % 10 < 2 THEN NULL ELSE 1 + h2 % 24 END,
       CASE WHEN h1 % 20 = 0 THEN NULL ELSE (h1 % 1000003) / 7.0::float8 END,
       h2 % 7 <> 0,
       DATE '2019-01-01' + (h1 % 2500),
       TIMESTAMP '2019-01-01' + (h2 % 216000000) * INTERVAL '1 second'
           + (h3 % 1000000) * INTERVAL '1 microsecond',
       CASE WHEN h3 % 3 = 0 THEN NULL
            ELSE TIMESTAMPTZ '2020-01-01 00:00:00+00' + (h1 % 190000000) * INTERVAL '1 second' END,
       CASE WHEN h1 % 5 < 2 THEN NULL
            WHEN h1 % 50 = 7 THEN ''
            WHEN h1 % 10 = 2 THEN 'Cliente disse: "não, obrigado"; ligar depois' || E'\\n'
                || 'retorno às ' || (h2 % 24) || 'h'
            WHEN h1 % 10 = 3 THEN 'Endereço: Rua São João, ' || (h3 % 3000) || '; apto '
                || (h2 % 200) || ', "fundos"'
            ELSE 'Pedido conferido e liberado para expedição, lote ' || (h2 % 90000) END
FROM (SELECT g,
             ((g * 2654435761) % 2147483647)::int AS h1,
             ((g * 40503 + 12345) % 2147483629)::int AS h2,
             ((g * 69069 + 1) % 2147483587)::int AS h3
      FROM generate_series(1::bigint, {rows}) AS g) AS s
"""


def table_of(rows: int) -> str:
    return f"pedidos_{rows}"


def query_of(rows: int) -> str:
    """No ORDER BY: the table is filled in the order of its key and read alone."""
    return f"SELECT * FROM {table_of(rows)}"


def query_in_form(rows: int) -> str:
    """What one writes by hand so that psql gives dates as DD/MM/YYYY; on one line for \\copy."""
    moment = "'DD/MM/YYYY HH24:MI:SS.US'"
    return (
        "SELECT id, cliente_id, codigo, status, nome, valor, desconto, quantidade, parcelas, taxa, "
        f"ativo::text, to_char(data_pedido, 'DD/MM/YYYY'), to_char(criado_em, {moment}), "
        f"to_char(atualizado_em::timestamp, {moment}), observacao FROM {table_of(rows)}"
    )


def same_query_of(rows: int) -> str:
    """With it psql writes byte for byte what ours does with ISO dates."""
    return (
        "SELECT id, cliente_id, codigo, status, nome, valor, desconto, quantidade, parcelas, taxa, "
        "ativo::text, data_pedido, criado_em, atualizado_em::timestamp, observacao "
        f"FROM {table_of(rows)}"
    )


def computing_query_of(rows: int) -> str:
    """A query as reports have them, for which the database computes more than it writes."""
    return (
        "SELECT id, cliente_id, codigo, initcap(status) AS status, upper(nome) AS nome, "
        "round(valor * (1 - coalesce(desconto, 0) / 100), 2) AS liquido, "
        "round(valor / coalesce(parcelas, 1), 2) AS parcela, "
        "regexp_replace(observacao, '[[:space:]]+', ' ', 'g') AS observacao "
        f"FROM {table_of(rows)}"
    )


def make_database(server: ServerAddress) -> None:
    with closing(server.connect()) as session:
        session.autocommit = True
        session.cursor().execute(f"CREATE DATABASE {DATABASE}")


def make_table(server: ServerAddress, rows: int) -> None:
    """Fill the table and settle it, so that no contender pays for the writing."""
    with closing(server.connect(DATABASE)) as session:
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute(DDL.format(table=table_of(rows)))
        cursor.execute(FILL.format(table=table_of(rows), rows=rows))
        cursor.execute(f"VACUUM (FREEZE, ANALYZE) {table_of(rows)}")
        cursor.execute("CHECKPOINT")
