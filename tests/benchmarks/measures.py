"""THE table of measures. A new one is one entry here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter

from benchmarks.bench import Bench, Both
from benchmarks.load import percentile
from benchmarks.runs.curve import slope
from benchmarks.runs.fan_out import FannedOut
from unavez_shared.contracts.services import Service


@dataclass(frozen=True)
class Goal:
    """What has to hold: of the value itself, or of its ratio to the floor."""

    number: float
    at_least: bool
    of_ratio: bool

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.number:g}{' x floor' if self.of_ratio else ''}"

    def is_met(self, value: float, ratio: float | None) -> bool:
        judged = ratio if self.of_ratio else value
        return judged is not None and (judged >= self.number if self.at_least else judged <= self.number)


@dataclass(frozen=True)
class Measure:
    """One line of the table: what, in which unit, what should hold, and where the two figures come from."""

    name: str
    unit: str
    goal: Goal | None
    read: Callable[[Bench], Awaitable[Both[float] | float | None]]
    """None when the scale of this run leaves it out."""


@dataclass(frozen=True)
class Row:
    """One line of `bench.json`."""

    measure: str
    unit: str
    value: float
    floor: float | None
    ratio: float | None
    goal: str | None
    met: bool | None


async def measure(bench: Bench, one: Measure) -> Row | None:
    """Take one measure; None when the scale of this run leaves it out."""
    read = await one.read(bench)
    if read is None:
        return None
    value, floor = (read.ours, read.floor) if isinstance(read, Both) else (read, None)
    ratio = value / floor if floor else None
    met = one.goal.is_met(value, ratio) if one.goal else None
    return Row(one.name, one.unit, value, floor, ratio, str(one.goal) if one.goal else None, met)


def _at_least(number: float) -> Goal:
    return Goal(number, at_least=True, of_ratio=False)


def _at_most(number: float) -> Goal:
    return Goal(number, at_least=False, of_ratio=False)


def _at_least_floor(number: float) -> Goal:
    return Goal(number, at_least=True, of_ratio=True)


def _at_most_floor(number: float) -> Goal:
    return Goal(number, at_least=False, of_ratio=True)


async def _accepted(bench: Bench) -> Both[float]:
    return await bench.accepted()


async def _crowded(bench: Bench) -> Both[float]:
    return await bench.crowded()


async def _relayed(bench: Bench) -> Both[float]:
    return await bench.relayed()


async def _consumed(bench: Bench) -> Both[float]:
    return await bench.consumed()


async def _heard_by_notifier(bench: Bench) -> float:
    return (await bench.heard()).load.notifier_milliseconds


async def _heard_by_intake(bench: Bench) -> float:
    return (await bench.heard()).load.intake_milliseconds


async def _told(bench: Bench) -> float:
    return percentile((await bench.heard()).milliseconds, 0.5)


async def _routed_alone(bench: Bench) -> float:
    return (await bench.routed()).alone_milliseconds


async def _routed_together(bench: Bench) -> float:
    return (await bench.routed()).cpu_milliseconds


def _previewed(share: float) -> Callable[[Bench], Awaitable[Both[float]]]:
    async def read(bench: Bench) -> Both[float]:
        both = await bench.previewed()
        return Both(1000 * percentile(both.ours.seconds, share), 1000 * percentile(both.floor.seconds, share))

    return read


def _latency(share: float) -> Callable[[Bench], Awaitable[Both[float]]]:
    async def read(bench: Bench) -> Both[float]:
        both = await bench.latency()
        return Both(percentile(both.ours, share), percentile(both.floor, share))

    return read


_per_second: Callable[[FannedOut], float] = attrgetter("per_second")
_cpu: Callable[[FannedOut], float] = attrgetter("cpu_milliseconds")


def _delivered(
    figure: Callable[[FannedOut], float], *, sealed: bool = False
) -> Callable[[Bench], Awaitable[Both[float]]]:
    async def read(bench: Bench) -> Both[float]:
        both = await (bench.fanned_out_sealed() if sealed else bench.fanned_out())
        return Both(figure(both.ours), figure(both.floor))

    return read


def _memory(service: Service) -> Callable[[Bench], Awaitable[Both[float]]]:
    return lambda bench: bench.memory(service)


def _peak_memory(service: Service) -> Callable[[Bench], Awaitable[Both[float]]]:
    return lambda bench: bench.peak_memory(service)


def _directory(times: int) -> Callable[[Bench], Awaitable[float | None]]:
    async def read(bench: Bench) -> float | None:
        return (await bench.directories()).get(times)

    return read


def _backlog(rows: int) -> Callable[[Bench], Awaitable[float | None]]:
    async def read(bench: Bench) -> float | None:
        return (await bench.backlogs()).get(rows)

    return read


async def _directory_slope(bench: Bench) -> float:
    return slope(await bench.directories())


async def _backlog_slope(bench: Bench) -> float:
    return slope(await bench.backlogs())


MEASURES: tuple[Measure, ...] = (
    Measure("accepted intakes", "1/s", _at_least_floor(0.6), _accepted),
    Measure("intake in a crowd of strangers, p95", "ms", _at_most_floor(5), _crowded),
    Measure("relay drain", "rows/s", _at_least_floor(0.85), _relayed),
    Measure("inbox consume with effect, one process", "messages/s", _at_least(3_000), _consumed),
    Measure("CPU of notifier per referral heard and delivered", "ms", None, _heard_by_notifier),
    Measure("CPU of intake per referral heard", "ms", None, _heard_by_intake),
    Measure("case published to webhook, unloaded, p50", "ms", None, _told),
    Measure("case routed alone, event to commit, p50", "ms", None, _routed_alone),
    Measure("case routed in a full batch, CPU", "ms", None, _routed_together),
    Measure("outbox row relayed, backlog 1,000", "µs", None, _backlog(1_000)),
    Measure("outbox row relayed, backlog 10,000", "µs", None, _backlog(10_000)),
    Measure("outbox row relayed, backlog 100,000", "µs", None, _backlog(100_000)),
    Measure("slope of cost over backlog", "exponent", None, _backlog_slope),
    Measure("plan preview at 100/s, p50", "ms", None, _previewed(0.5)),
    Measure("plan preview at 100/s, p99", "ms", _at_most(15), _previewed(0.99)),
    Measure("201 to webhook, unloaded, p50", "ms", _at_most(40), _latency(0.5)),
    Measure("201 to webhook, unloaded, p99", "ms", _at_most(150), _latency(0.99)),
    Measure("referrals delivered by webhook", "1/s", _at_least_floor(0.6), _delivered(_per_second)),
    Measure("CPU per delivered referral", "ms", _at_most_floor(1.7), _delivered(_cpu)),
    *(
        Measure(f"memory of {service.value}, after the load", "MB", _at_most(150), _memory(service))
        for service in Service
    ),
    *(Measure(f"memory of {service.value}, at most", "MB", None, _peak_memory(service)) for service in Service),
    Measure("plan preview, directory x 1", "ms", None, _directory(1)),
    Measure("plan preview, directory x 10", "ms", None, _directory(10)),
    Measure("plan preview, directory x 100", "ms", None, _directory(100)),
    Measure("slope of cost over directory", "exponent", None, _directory_slope),
    Measure("referrals delivered, the floor signs and seals too", "1/s", None, _delivered(_per_second, sealed=True)),
    Measure("CPU per referral, the floor signs and seals too", "ms", None, _delivered(_cpu, sealed=True)),
)
"""In the order they are taken: what needs the fewest processes first, what changes the stage for good last."""
