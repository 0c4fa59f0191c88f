"""prometheus-client behind the allow-list: the process's registry, and the only metric types this code base may make.

An import contract keeps `prometheus_client` inside this package, so there is no way around `labels.ALLOWED`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Self

import prometheus_client
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

from unavez_shared.observability.labels import check_names, check_value

REGISTRY: Final = CollectorRegistry()
"""One a process, ours alone: what a library puts into the default registry is not on `/metrics`."""

ProcessCollector(registry=REGISTRY)
# `_created` would tell to the millisecond when something happened for the first time.
disable_created_metrics()  # type: ignore[no-untyped-call]

_PREFIX: Final = "unavez_"


class _AllowListed(MetricWrapperBase):
    """Refuses labels and values that are not in the allow-list; raises `LabelNotAllowedError`."""

    def __init__(self, name: str, documentation: str, labelnames: Iterable[str] = (), **more: Any) -> None:
        if not name.startswith(_PREFIX):
            raise ValueError(f"a metric's name begins with {_PREFIX}")
        labelnames = tuple(labelnames)
        check_names(labelnames)
        super().__init__(name, documentation, labelnames, **{"registry": REGISTRY, **more})

    def labels(self, *labelvalues: object, **labelkwargs: object) -> Self:
        """Return the series of these label values."""
        for name, value in (*zip(self._labelnames, labelvalues, strict=False), *labelkwargs.items()):
            check_value(name, value)
        return super().labels(*labelvalues, **labelkwargs)


class Counter(_AllowListed, prometheus_client.Counter):
    """Counts up from the start of the process."""


class Gauge(_AllowListed, prometheus_client.Gauge):
    """What is so right now."""


class Histogram(_AllowListed, prometheus_client.Histogram):
    """How often something took how much, by upper bounds."""
