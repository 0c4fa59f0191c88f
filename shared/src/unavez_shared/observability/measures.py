"""What every service counts while it works. A class a place that counts: it binds its series once, a call is an `inc`.

Series exist from the start, at zero, so that the first refused message is an increase and not a new series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.observability.labels import OTHER, REASONS, is_allowed
from unavez_shared.observability.metrics import Counter, Gauge, Histogram

_REQUESTS: Final = Counter(
    "unavez_http_requests_total",
    "HTTP requests answered, by route template and class of status (none = the client left).",
    ("service", "method", "route", "status"),
)
_SECONDS: Final = Histogram(
    "unavez_http_request_duration_seconds",
    "From the first byte of a request to the end of its answer. Long polls wait on purpose.",
    ("service", "method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
_PUBLISHED: Final = Counter("unavez_relay_published_total", "Outbox rows the bus confirmed.", ("service",))
_UNCONFIRMED: Final = Counter(
    "unavez_relay_unconfirmed_total",
    "Times the bus did not confirm an outbox row; it is published again.",
    ("service",),
)
_APPLIED: Final = Counter(
    "unavez_inbox_applied_total", "Events whose effect is committed here, by key family.", ("service", "family")
)
_REFUSED: Final = Counter(
    "unavez_inbox_refused_total", "Messages parked instead of applied, by reason.", ("service", "reason")
)
_DEAD: Final = Counter(
    "unavez_inbox_dead_letters_total", "Messages that were no event at all: in the dead-letter queue.", ("service",)
)
_BATCH: Final = Histogram(
    "unavez_inbox_batch_messages",
    "Messages that shared one commit.",
    ("service",),
    buckets=(1, 2, 5, 10, 25, 50, 100),
)
_PAUSES: Final = Counter("unavez_inbox_pauses_total", "Batches put back because the database was away.", ("service",))
_PAUSED: Final = Gauge(
    "unavez_inbox_paused", "1 while the consumer waits for its database to come back, else 0.", ("service",)
)


class HttpMeasures:
    """Counts what one service answers. `routes` are the templates its app declares: nothing else gets a name."""

    def __init__(self, service: Service, routes: Sequence[str]) -> None:
        self._service = service.value
        self._routes = frozenset(route for route in routes if is_allowed("route", route))
        self._series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one request; `status` 0 = none was sent."""
        # Folded before it is a key: what a stranger sends makes no series and takes no memory.
        key = (
            method if is_allowed("method", method) else OTHER,
            route if route in self._routes and route is not None else OTHER,
            f"{status // 100}xx" if status else "none",
        )
        series = self._series.get(key)
        if series is None:
            series = (_REQUESTS.labels(self._service, *key), _SECONDS.labels(self._service, *key[:2]))
            self._series[key] = series
        series[0].inc()
        series[1].observe(seconds)


class RelayMeasures:
    """Counts what one relay hands to the bus."""

    def __init__(self, service: Service) -> None:
        self._published = _PUBLISHED.labels(service.value)
        self._unconfirmed = _UNCONFIRMED.labels(service.value)

    def landed(self, rows: int, confirmed: int) -> None:
        """Count an answered flight of `rows`, of which `confirmed` are safe."""
        self._published.inc(confirmed)
        self._unconfirmed.inc(rows - confirmed)


class ConsumerMeasures:
    """Says whether one consumer applies what it has, or waits with it for its database."""

    def __init__(self, service: Service) -> None:
        self._pauses = _PAUSES.labels(service.value)
        self._paused = _PAUSED.labels(service.value)

    @contextmanager
    def presenting(self) -> Iterator[Callable[[], None]]:
        """Measure one batch from its first presentation to its end; call what this yields at each pause.

        However it ends, nobody waits any more: applied, or given back because the consumer was stopped or lost its
        connection. Another replica may be the one that goes on, and then no batch ever comes here again.
        """
        try:
            yield self._pause
        finally:
            self._paused.set(0)

    def _pause(self) -> None:
        self._pauses.inc()
        self._paused.set(1)


class InboxMeasures:
    """Counts what one inbox makes of its messages."""

    def __init__(self, service: Service) -> None:
        families = {event.family for event in consumed_by(service)}
        self._applied = {family: _APPLIED.labels(service.value, family) for family in families}
        self._refused = {reason: _REFUSED.labels(service.value, reason) for reason in REASONS}
        self.dead_letters = _DEAD.labels(service.value)
        self._batch = _BATCH.labels(service.value)

    def handled(self, size: int) -> None:
        """Count one committed micro-batch."""
        self._batch.observe(size)

    def applied(self, family: str, events: int) -> None:
        """Count a committed run of events of one family."""
        self._applied[family].inc(events)

    def refused(self, reason: str) -> None:
        """Count one parked message."""
        self._refused[reason].inc()
