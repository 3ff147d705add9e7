"""/metrics: what the node counted, and how it stands now, in Prometheus' text format (docs/metrics.md).

- Everything is read from the stores and from what the worker saw last: a scrape never asks the ledger.
- What cannot be read now is absent and counted elsewhere; a scrape does not fail for it.
- No label holds anything that a client or a ledger sent.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from node.api.traffic import Traffic
from node.measures import Distribution, Labels, RelayMeasures, RpcMeasures, Tally, WorkerMeasures
from node.ports import Outbox, PublishedStore, StoreUnavailableError
from node.services.health import REASONS, Place, Readiness

Values = Mapping[Any, float]
"""By labels."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything that this process counts. `worker`, `relay`: None where it has none."""

    rpc: RpcMeasures
    stores: Tally
    traffic: Traffic
    accepted: Tally
    worker: WorkerMeasures | None = None
    relay: RelayMeasures | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How this process stands is asked here, at each scrape. `now`: unix seconds."""

    ready: Callable[[], Readiness]
    outbox: Outbox
    published: PublishedStore
    home: Path
    now: Callable[[], int]


class NodeCollector(Collector):
    """Makes the metrics of one node at each scrape."""

    def __init__(self, counted: Counted, standing: Standing, *, version: str, role: str) -> None:
        """Nothing is read yet."""
        self._counted, self._standing = counted, standing
        self._build = {(version, role): 1.0}

    def collect(self) -> Iterable[Metric]:
        """Yield every metric that can be known now."""
        yield _gauge("build_info", "Version and role of this process.", self._build, ("version", "role"))
        yield from self._place()
        yield from self._counts()
        yield from self._http()
        for part in (self._queue, self._lists):
            try:
                yield from list(part())
            except StoreUnavailableError:
                continue  # `mapae_not_ready` says so
        disk = shutil.disk_usage(self._standing.home)
        yield _gauge("disk_free_bytes", "Free bytes on the home's disk.", disk.free)
        yield _gauge("disk_size_bytes", "Size of the home's disk.", disk.total)

    def _place(self) -> Iterator[Metric]:
        ready, now = self._standing.ready(), self._standing.now()
        codes = {reason["code"] for reason in ready.reasons}
        yield _gauge("ready", "1 if the node is fit to serve.", float(not codes))
        reasons = {(code,): float(code in codes) for code in sorted(REASONS | codes)}
        yield _gauge("not_ready", "Why it is not ready.", reasons, ("reason",))
        if ready.index is not None:
            yield from _at("index", "newest block of the index", ready.index, now)
        if ready.final is not None:
            yield from _at("final", "newest final block of the index", ready.final, now)
        yield _gauge("index_filling", "1 while the index was never whole.", ready.is_filling)
        worker = ready.worker
        if worker is None:
            return
        if worker.ledger_head is not None:
            yield from _at("ledger_head", "newest block that the ledger showed", worker.ledger_head, now)
        if worker.blocks_behind is not None:
            yield _gauge("index_lag_blocks", "Blocks that the index is behind.", worker.blocks_behind)
        yield _gauge("worker_silent_seconds", "Since the worker ended a turn.", worker.silent_s)
        yield _gauge("rpc_breaker_open", "1 while calls to the ledger are held back.", worker.is_held_back)
        yield _counter("rpc_breaker_probes", "Calls while the breaker was open.", worker.probes)
        held = ("indexer", "sender") if worker.leases is None else worker.leases
        leases = {(name,): float(name in held) for name in ("indexer", "sender")}
        yield _gauge("lease_held", "1 if this process holds the lease.", leases, ("lease",))
        purse = worker.purse
        if purse is not None:
            yield _gauge("relayer_balance_wei", "Balance of the relayer.", purse.balance)
            yield _gauge("relayer_nonce", "First nonce that no block has used.", purse.nonce)
            yield _gauge("relayer_nonce_gap", "Nonces missing below the lowest one under way.", purse.gap)

    def _counts(self) -> Iterator[Metric]:
        rpc = self._counted.rpc
        yield _counter("rpc_calls", "Calls to the ledger.", rpc.calls.counts(), ("class",))
        yield _counter("rpc_errors", "Calls that failed.", rpc.errors.counts(), ("class", "kind"))
        yield _histogram("rpc_duration_seconds", "HTTP requests to the ledger.", rpc.seconds.items(), ("class",))
        yield _counter("operations_accepted", "Operations posted here.", self._counted.accepted.total())
        yield _counter("store_errors", "Statements that failed.", self._counted.stores.counts(), ("part",))
        worker, relay = self._counted.worker, self._counted.relay
        if worker is not None:
            yield _counter("index_events", "Events indexed.", worker.events.total())
            yield _counter("reorgs", "Times that blocks were taken back.", worker.reorgs.total())
            yield _counter("reorg_events_undone", "Events taken back.", worker.undone.total())
            yield _counter("worker_failed_turns", "Turns that ended in trouble.", worker.failed.counts(), ("code",))
        if relay is not None:
            yield _counter("operations_ended", "Operations that ended.", relay.ended.counts(), ("state",))
            yield _counter("operations_failed", "Failed ones by error.", relay.failed.counts(), ("error",))
            yield _counter("transactions_sent", "Transactions handed over.", relay.sent.counts(), ("kind",))
            yield _counter("transactions_refused", "Transactions not taken.", relay.refused.total())

    def _http(self) -> Iterator[Metric]:
        traffic = self._counted.traffic
        resolving: list[tuple[Labels, Distribution]] = [((), traffic.resolving)]
        yield _histogram("resolve_duration_seconds", "Requests to the resolver.", resolving)
        resolved = {(status,): float(count) for status, count in traffic.resolved.items()}
        yield _counter("resolve_responses", "Answers of the resolver.", resolved, ("status",))
        others = [((group,), seconds) for group, seconds in list(traffic.answering.items())]
        yield _histogram("http_duration_seconds", "Every other request.", others, ("group",))
        yield _counter("http_responses", "Every other answer.", dict(traffic.answered), ("group", "status"))
        yield _gauge("http_in_flight", "Requests being answered.", traffic.in_flight)
        yield _gauge("stream_readers", "Readers of the stream.", traffic.readers)

    def _queue(self) -> Iterator[Metric]:
        queue = self._standing.outbox.queue()
        states = {(state,): float(count) for state, count in queue.operations.items()}
        yield _gauge("outbox_operations", "Operations under way.", states, ("state",))
        waited = 0 if queue.oldest_queued_at is None else max(0, self._standing.now() - queue.oldest_queued_at)
        yield _gauge("outbox_oldest_queued_age_seconds", "Age of the oldest queued operation.", waited)
        yield _gauge("outbox_pending_transactions", "Transactions without a block.", queue.pending_transactions)

    def _lists(self) -> Iterator[Metric]:
        now = self._standing.now()
        lists = self._standing.published.freshness(now=now)
        states = {("valid",): float(lists.valid), ("expired",): float(lists.expired)}
        yield _gauge("published_lists", "Status lists kept here.", states, ("state",))
        if lists.oldest_signed_at is not None and lists.next_expiry_at is not None:
            age, left = max(0, now - lists.oldest_signed_at), lists.next_expiry_at - now
            yield _gauge("published_list_oldest_age_seconds", "Since the oldest valid one was signed.", age)
            yield _gauge("published_list_next_expiry_seconds", "Until the next valid one expires.", left)


class Exposition:
    """The text of /metrics."""

    def __init__(self, collector: Collector, *, is_open: bool) -> None:
        """One registry a node: several in one process do not meet. `is_open`: for more than this machine."""
        self.is_open = is_open
        self._registry = CollectorRegistry()
        self._registry.register(collector)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return every metric."""
        return generate_latest(self._registry)


_PREFIX: Final = "mapae_"


def _gauge(name: str, said: str, values: Values | float, labels: Sequence[str] = ()) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, said, labels=labels)
    for label, value in _each(values):
        family.add_metric(label, value)
    return family


def _counter(name: str, said: str, values: Values | float, labels: Sequence[str] = ()) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, said, labels=labels)
    for label, value in _each(values):
        family.add_metric(label, value)
    return family


def _histogram(
    name: str, said: str, values: Sequence[tuple[Labels, Distribution]], labels: Sequence[str] = ()
) -> Metric:
    family = HistogramMetricFamily(_PREFIX + name, said, labels=labels)
    for label, distribution in values:
        buckets, total = distribution.buckets()
        family.add_metric(label, buckets, total)
    return family


def _at(name: str, said: str, place: Place, now: int) -> Iterator[Metric]:
    yield _gauge(f"{name}_block", f"Number of the {said}.", place.number)
    yield _gauge(f"{name}_age_seconds", f"Age of the {said}.", max(0, now - place.time))


def _each(values: Values | float) -> list[tuple[Labels, float]]:
    return sorted(values.items()) if isinstance(values, Mapping) else [((), values)]
