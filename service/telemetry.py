"""Telemetry: what a monitor reads, on a port of its own.

The one rule: an alarm is told from what is remembered, not from what this process happened to see,
so that every worker tells it, and a restart does not silence it. No ecosystem is a label but in
alarms: a host has many, and names of tenants belong to no monitor.

Each worker listens on the first free port from `JPI_METRICS_PORT` on: a monitor reads them all.
Source: Prometheus text format, written by its own client.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ledger.ids import EcosystemId
from ledger.watch import Served
from service.settings import Settings

log = logging.getLogger("jpi.telemetry")

NANO = 10**9
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
REQUESTS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


class Gauged(Protocol):
    """What is looked at whenever a monitor asks: the write door."""

    def alarms(self) -> dict[EcosystemId, str]:
        """Ecosystems whose writes are stopped, and why."""

    def queue_depth(self) -> int:
        """Requests that wait."""

    def books_held(self) -> int:
        """Ecosystems folded in memory."""


class Telemetry:
    """Counters and histograms of one process; the ledger's `Watch`, the API's `Onlooker`."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "jpi_commit_requests",
            "Writes by how they ended: entered, repeated, refused, trouble, fault.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in ("entered", "repeated", "refused", "trouble", "fault"):
            self._requests.labels(outcome)
        self._entries = Counter(
            "jpi_commit_entries", "Entries made durable.", registry=self.registry
        )
        self._retries = Counter(
            "jpi_commit_retries", "Batches tried again.", registry=self.registry
        )
        self._checkpoints = Counter(
            "jpi_checkpoints", "Checkpoints signed and kept.", registry=self.registry
        )
        self._deprecated = Counter(
            "jpi_deprecated_uses",
            "Requests that used something deprecated, by its schema coordinate.",
            ["coordinate"],
            registry=self.registry,
        )
        self._batch = Histogram(
            "jpi_commit_batch_requests",
            "Requests in a committed batch.",
            buckets=REQUESTS,
            registry=self.registry,
        )
        self._lasted = Histogram(
            "jpi_commit_batch_seconds",
            "From a batch's begin to its commit.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._waited = Histogram(
            "jpi_commit_wait_seconds",
            "What the first request of a batch waited for its answer.",
            buckets=SECONDS,
            registry=self.registry,
        )

    def deprecated(self, coordinate: str) -> None:
        """A request used something that is deprecated."""
        self._deprecated.labels(coordinate).inc()

    def served(self, batch: Served) -> None:
        """A batch was committed."""
        for outcome in ("entered", "repeated", "refused"):
            self._requests.labels(outcome).inc(getattr(batch, outcome))
        self._entries.inc(batch.entries)
        self._batch.observe(batch.entered + batch.repeated + batch.refused)
        self._lasted.observe(batch.lasted_ns / NANO)
        self._waited.observe(batch.waited_ns / NANO)

    def failed(self, requests: int, *, is_fault: bool) -> None:
        """Requests were answered with an error."""
        self._requests.labels("fault" if is_fault else "trouble").inc(requests)

    def retried(self) -> None:
        """A batch is tried again."""
        self._retries.inc()

    def published(self) -> None:
        """A checkpoint was kept."""
        self._checkpoints.inc()

    @contextmanager
    def told(self, settings: Settings, ledger: Gauged) -> Iterator[None]:
        """Listen while the block runs, where a port is set; without one nobody is told."""
        self.registry.register(_Gauges(ledger))
        if settings.metrics_port is None:
            yield
            return
        server, thread = _listen(settings, self.registry)
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class _Gauges(Collector):
    """What is so just now."""

    def __init__(self, ledger: Gauged) -> None:
        self._ledger = ledger

    def collect(self) -> Iterable[Metric]:
        """Alarms, the queue, the Books."""
        alarm = GaugeMetricFamily(
            "jpi_alarm", "1 for each ecosystem whose writes are stopped.", labels=["ecosystem"]
        )
        for ecosystem_id in sorted(self._ledger.alarms()):
            alarm.add_metric([ecosystem_id], 1)
        yield alarm
        depth = self._ledger.queue_depth()
        yield GaugeMetricFamily("jpi_commit_queue_depth", "Writes that wait.", depth)
        books = self._ledger.books_held()
        yield GaugeMetricFamily("jpi_books", "Ecosystems folded in memory.", books)


def _listen(settings: Settings, registry: CollectorRegistry):  # type: ignore[no-untyped-def]  # noqa: ANN202 -- prometheus_client's own pair
    """The first free port from the chosen one on, one for each worker. Raises OSError."""
    first = settings.metrics_port or 0
    for port in range(first, first + settings.workers):
        try:
            listening = start_http_server(port, settings.metrics_host, registry)
        except OSError as error:
            if port == first + settings.workers - 1:
                raise OSError(f"JPI_METRICS_PORT: no port is free from {first} on") from error
        else:
            log.info("metrics on %s:%d", settings.metrics_host, port)
            return listening
    raise AssertionError("the last port listens or raises")
