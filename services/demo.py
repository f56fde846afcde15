"""The demonstration: a shop to read from and three jobs, so that a first start shows results."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from auxiliares import Settings
from metadb import demo_shop
from metadb.database import MetadataDatabase
from metadb.engine import unit_of_work
from models import Connection, Job, Run
from services.connections import EMBEDDED_HOST, ConnectionFields, create_connection
from services.job_schedules import ScheduleText
from services.jobs import JobFields, create_job
from services.runs import enqueue_run
from vocabulary import ExportType

log = logging.getLogger(__name__)

REQUESTED_BY = "demonstração"
FOLDER = "demo"
WEEK = "Seg,Ter,Qua,Qui,Sex,Sáb,Dom"

SALES_BY_DAY = """\
-- Vendas por dia e canal, sem os pedidos cancelados.
SELECT p.criado_em::date                                AS data,
       p.canal,
       count(DISTINCT p.pedido_id)                      AS pedidos,
       sum(i.quantidade)                                AS itens,
       sum(i.quantidade * i.preco_unitario)             AS valor_total,
       round(sum(i.quantidade * i.preco_unitario)
             / count(DISTINCT p.pedido_id), 2)          AS ticket_medio
FROM loja.pedidos AS p
JOIN loja.itens AS i USING (pedido_id)
WHERE p.situacao <> 'cancelado'
GROUP BY p.criado_em::date, p.canal
ORDER BY data, p.canal
"""

OPEN_ORDERS = """\
-- Pedidos que ainda não saíram para entrega, os mais antigos primeiro.
SELECT p.numero,
       p.situacao,
       p.criado_em,
       CURRENT_DATE - p.criado_em::date AS dias_em_aberto,
       c.codigo                         AS cliente,
       c.nome,
       c.telefone,
       p.instrucoes
FROM loja.pedidos AS p
JOIN loja.clientes AS c USING (cliente_id)
WHERE p.situacao IN ('aberto', 'pago', 'separado')
ORDER BY p.criado_em, p.numero
"""

CUSTOMER_TOTALS = """\
-- Cada cliente com o total comprado e a data do último pedido; quem nunca comprou também vem.
WITH compras AS (
    SELECT p.cliente_id,
           count(DISTINCT p.pedido_id) AS pedidos,
           sum(i.quantidade * i.preco_unitario * (1 - coalesce(p.desconto, 0))) AS total,
           max(p.criado_em) AS ultimo_pedido
    FROM loja.pedidos AS p
    JOIN loja.itens AS i USING (pedido_id)
    WHERE p.situacao <> 'cancelado'
    GROUP BY p.cliente_id
)
SELECT c.codigo,
       c.nome,
       c.tipo,
       c.email,
       c.cep,
       c.cidade,
       c.uf,
       c.limite_credito,
       c.cadastrado_em,
       coalesce(v.pedidos, 0)          AS pedidos,
       round(coalesce(v.total, 0), 2)  AS total_comprado,
       v.ultimo_pedido,
       c.observacao
FROM loja.clientes AS c
LEFT JOIN compras AS v USING (cliente_id)
ORDER BY total_comprado DESC, c.codigo
"""

# Name, file, query and slots; the first one is run at once.
JOBS: Final[tuple[tuple[str, str, str, ScheduleText], ...]] = (
    (
        "Vendas por dia",
        "vendas_por_dia",
        SALES_BY_DAY,
        ScheduleText(
            day=WEEK, hour=",".join(f"{hour:02}" for hour in range(24)), minute="00,10,20,30,40,50"
        ),
    ),
    (
        "Pedidos em aberto",
        "pedidos_em_aberto",
        OPEN_ORDERS,
        ScheduleText(day="Seg,Ter,Qua,Qui,Sex", hour="06,18", minute="00"),
    ),
    (
        "Clientes e total comprado",
        "clientes_e_total_comprado",
        CUSTOMER_TOTALS,
        ScheduleText(day=WEEK, hour="07", minute="30"),
    ),
)


def load_demo(settings: Settings, database: MetadataDatabase) -> bool:
    """Load the demonstration into an untouched installation; True when this call did it.

    Does nothing with a configured server, or when there is, or ever was, a job or a connection.
    A start killed in the middle is made good by the next; of two at once one loads. Raises
    EmbeddedPostgresFailed.
    """
    if database.embedded is None or not _is_untouched():
        return False
    server = database.embedded.ensure()
    with demo_shop.exclusive(server) as session:
        if not _is_untouched():
            return False
        password = demo_shop.make_shop(server, session)
        with unit_of_work() as metadata:
            _save(metadata, settings, password)
    log.info("demonstration_loaded")
    return True


def _is_untouched() -> bool:
    """Runs outlive their jobs: who deleted the demonstration does not get it again."""
    anything: ColumnElement[bool] = or_(
        exists(select(Job.job_id)), exists(select(Connection.connection_id)), exists(select(Run))
    )
    with unit_of_work() as session:
        return not session.scalar(select(anything))


def _save(session: Session, settings: Settings, password: str) -> None:
    """The connection, the jobs and the first run, in the caller's transaction."""
    connection = create_connection(
        session,
        ConnectionFields(
            name=demo_shop.DATABASE,
            kind="postgres",
            host=EMBEDDED_HOST,
            database=demo_shop.DATABASE,
            username=demo_shop.READER,
            password=password,
        ),
        settings=settings,
        is_root=True,
    )
    jobs = [
        create_job(
            session,
            JobFields(
                job_name=name,
                job_status="Y",
                export_type=ExportType.UNICO,
                export_path=FOLDER,
                export_name=file,
                sql_script=query,
                connection_id=connection.connection_id,
                schedule=slots,
            ),
            settings=settings,
            created_by_id=None,
        )
        for name, file, query, slots in JOBS
    ]
    enqueue_run(session, jobs[0].job_id, requested_by=REQUESTED_BY)
