"""/metrics: the ledger in the text form that Prometheus and its kin read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psutil
from flask import Response, current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from metadb.engine import MetadataUnavailable, unit_of_work
from services import metrics
from services.metrics import Histogram, Measurements
from vocabulary import DataAction, NotificationState, RunState, WaitingFor
from webapi.access import Rule, access
from webapi.resource import resource
from webapi.state import state_of

bp = resource("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "automacaosql_"
OPEN_STATES = (RunState.QUEUED, RunState.RUNNING, RunState.INTERRUPTED)
ENDED_STATES = (
    RunState.SUCCEEDED,
    RunState.FAILED,
    RunState.CANCELLED,
    RunState.INTERRUPTED,
)

UNSENT_STATES = (
    NotificationState.WAITING,
    NotificationState.SENDING,
    NotificationState.FAILED,
)


@bp.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
@access(Rule.DATA_READER, DataAction.METRICS)
def get_metrics() -> Response:
    """Queue, runs, lateness, workers and connections, read when it is asked."""
    if not state_of(current_app).opened.is_set():
        raise MetadataUnavailable("The server has started and still opens its database.")
    with unit_of_work() as session:
        found = metrics.measure(session)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(found))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE)


class _Measured(Collector):
    """One answer of the database as metrics."""

    def __init__(self, found: Measurements) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield _gauge(
            "queue_age_seconds",
            "How long the longest waiting run that only needs a worker has waited.",
            [((), found.queue_age_s)],
        )
        yield _by("runs", "Runs that wait, run or are about to be repeated.", "state", {
            state: found.open_runs.get(state, 0) for state in OPEN_STATES
        })  # fmt: skip
        yield _by("runs_waiting", "Queued runs by what they wait for.", "waiting_for", {
            word: found.waiting.get(word, 0) for word in WaitingFor
        })  # fmt: skip
        yield _by("runs_ended_last_hour", "Runs that ended within an hour.", "state", {
            state: found.ended.get(state, 0) for state in ENDED_STATES
        })  # fmt: skip
        yield _histogram(
            "start_lateness_last_hour_seconds",
            "From the due moment to the start, of occurrences due within an hour.",
            found.lateness,
        )
        yield _histogram(
            "run_duration_last_hour_seconds",
            "From start to end, of runs that ended within an hour.",
            found.durations,
        )
        yield _by("notifications", "Messages that wait or failed within a day.", "state", {
            state: found.notifications.get(state, 0) for state in UNSENT_STATES
        })  # fmt: skip
        yield from _workers(found)
        yield from _connections(found)
        yield _gauge_of_process()


def _workers(found: Measurements) -> Iterator[Metric]:
    names = ("worker", "is_scheduler")
    ages = [
        ((worker.name, str(worker.is_scheduler).lower()), worker.heartbeat_age_s)
        for worker in found.workers
    ]
    yield _gauge(
        "worker_heartbeat_age_seconds", "Since a worker was last heard.", ages, labels=names
    )
    yield _gauge(
        "worker_slots",
        "Runs a worker executes at a time.",
        [
            ((worker.name, str(worker.is_scheduler).lower()), worker.concurrency)
            for worker in found.workers
        ],
        labels=names,
    )
    yield _gauge(
        "worker_clock_ahead_seconds",
        "By how much the clock of a worker's machine is ahead of the metadata database's.",
        [
            ((worker.name, str(worker.is_scheduler).lower()), worker.clock_ahead_s)
            for worker in found.workers
            if worker.clock_ahead_s is not None
        ],
        labels=names,
    )
    scheduler_ages = [worker.heartbeat_age_s for worker in found.workers if worker.is_scheduler]
    if scheduler_ages:
        yield _gauge(
            "scheduler_heartbeat_age_seconds",
            "Since the freshest scheduler was heard; absent when there is none.",
            [((), min(scheduler_ages))],
        )


def _connections(found: Measurements) -> Iterator[Metric]:
    yield _by(
        "connection_runs",
        "Runs that use a connection now.",
        "connection",
        {each.name: each.running for each in found.connections},
    )
    yield _by(
        "connection_max_runs",
        "Runs that may use a connection at a time; absent where there is no limit.",
        "connection",
        {each.name: each.max_runs for each in found.connections if each.max_runs is not None},
    )


def _gauge_of_process() -> Metric:
    memory = GaugeMetricFamily(
        "process_resident_memory_bytes", "Memory of the process that answers."
    )
    memory.add_metric((), psutil.Process().memory_info().rss)
    return memory


def _gauge(
    name: str,
    meaning: str,
    values: Iterable[tuple[tuple[str, ...], float]],
    *,
    labels: tuple[str, ...] = (),
) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, meaning, labels=labels)
    for found, value in values:
        family.add_metric(found, value)
    return family


def _by(name: str, meaning: str, label: str, values: dict[str, int]) -> Metric:
    return _gauge(
        name, meaning, [((str(word),), count) for word, count in values.items()], labels=(label,)
    )


def _histogram(name: str, meaning: str, found: Histogram) -> Metric:
    """Of one hour and so not a counter: it goes down again."""
    bounds = [str(bound) for bound in found.bounds_s]
    buckets = [*zip(bounds, found.counts, strict=True), ("+Inf", found.count)]
    family = GaugeHistogramMetricFamily(PREFIX + name, meaning)
    family.add_metric((), buckets=buckets, gsum_value=found.sum_s)
    return family
