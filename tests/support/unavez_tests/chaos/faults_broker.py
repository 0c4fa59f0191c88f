"""A broker that dies, hangs, cannot be reached, refuses, or lost what we declared on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import EXCHANGE, queue_name, routing_key
from unavez_tests.chaos.fault import RECOVERY_GOAL_SECONDS, Measures
from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.proxy import BOTH, Direction
from unavez_tests.chaos.servers import wait_until

_POST_GOAL_SECONDS = 5.0
"""A 201 needs the database alone: a broker that is away must not slow intakes down."""
_RECOVERY_PATIENCE_SECONDS = 60.0
_OFFERED = "referral.offered.v1"
_HEARERS = (Service.INTAKE, Service.REFERRAL_ROUTER, Service.NOTIFIER)


def kill_broker(stage: Stage, _: Load) -> Measures:
    """Kill -9 the node, start it again."""
    time.sleep(2)
    stage.broker.kill()
    return recovery(stage, stage.broker.start())


def hang_broker(stage: Stage, load: Load) -> Measures:
    """SIGSTOP the node for 60 s: connections stay, nobody answers on them."""
    stage.broker.stop_in_place()
    time.sleep(60)
    stage.broker.go_on()
    return recovery(stage, time.monotonic(), goal=None) | _posts(load)


def broker_away(stage: Stage, load: Load) -> Measures:
    """Two minutes without a broker: connections refused."""
    for proxy in stage.to_broker.values():
        proxy.away()
    time.sleep(120)
    for proxy in stage.to_broker.values():
        proxy.heal()
    return recovery(stage, time.monotonic()) | _posts(load)


def broker_half_open(stage: Stage, load: Load) -> Measures:
    """Every byte vanishes for 30 s, and the old connections never come back."""
    for proxy in stage.to_broker.values():
        proxy.blackhole(BOTH)
    time.sleep(30)
    for proxy in stage.to_broker.values():
        proxy.heal()
    return recovery(stage, time.monotonic(), goal=None) | _posts(load)


def broker_frozen(stage: Stage, load: Load) -> Measures:
    """Every byte waits for 15 s, then all arrive at once."""
    for proxy in stage.to_broker.values():
        proxy.freeze()
    time.sleep(15)
    for proxy in stage.to_broker.values():
        proxy.heal()
    return _posts(load)


def broker_connections_reset(stage: Stage, _: Load) -> None:
    """RST on every connection, five times."""
    for _round in range(5):
        for proxy in stage.to_broker.values():
            proxy.reset()
        time.sleep(1.5)


def broker_connections_cut(stage: Stage, _: Load) -> None:
    """Connections end in the middle of a frame: after a few hundred bytes, a few thousand, each way."""
    for byte_count in (300, 2_000, 9_000, 30_000):
        for direction in Direction:
            for proxy in stage.to_broker.values():
                proxy.cut_after(byte_count, direction)
            time.sleep(3)
            for proxy in stage.to_broker.values():
                proxy.heal()
            time.sleep(2)


def broker_half_closed(stage: Stage, _: Load) -> None:
    """One direction of every connection ends, then the other one."""
    for direction in Direction:
        for proxy in stage.to_broker.values():
            proxy.half_close(direction)
        time.sleep(5)


def broker_slow(stage: Stage, load: Load) -> Measures:
    """100 ms each way and 32 kB/s for each connection, for 20 s."""
    for proxy in stage.to_broker.values():
        proxy.latency(0.1)
        proxy.bandwidth(32_000)
    time.sleep(20)
    return _posts(load)


def memory_alarm(stage: Stage, load: Load) -> Measures:
    """The broker blocks every publisher for 20 s."""
    stage.broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
    time.sleep(20)
    blocked = stage.ledger.value(Service.INTAKE.database, "SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    stage.broker.control("set_vm_memory_high_watermark", "absolute", "1GB")
    assert blocked, "the broker blocked nobody"
    return {"publishes that waited": blocked} | recovery(stage, time.monotonic(), goal=None) | _posts(load)


def connections_closed_by_an_operator(stage: Stage, _: Load) -> Measures:
    """Each connection is closed over the management API."""
    closed = 0
    for _round in range(3):
        for connection in stage.broker.manage("GET", "/vhosts/{vhost}/connections"):
            stage.broker.manage("DELETE", f"/connections/{quote(connection['name'])}")
            closed += 1
        time.sleep(6)
    assert closed, "no connection was closed"
    return {"connections closed": closed}


def queue_deleted(stage: Stage, load: Load) -> None:
    """Every queue is deleted under load, consumers cancelled; then the full queues of consumers that are away."""
    for service in _HEARERS:
        stage.broker.manage("DELETE", f"/queues/{{vhost}}/{queue_name(service)}")
        time.sleep(3)
    _empty_while_away(stage, load, lambda queue: stage.broker.manage("DELETE", f"/queues/{{vhost}}/{queue}"))


def queue_purged(stage: Stage, load: Load) -> None:
    """Somebody empties every queue: under load, and while its consumers are away."""
    for service in _HEARERS:
        stage.broker.manage("DELETE", f"/queues/{{vhost}}/{queue_name(service)}/contents")
    _empty_while_away(stage, load, lambda queue: stage.broker.manage("DELETE", f"/queues/{{vhost}}/{queue}/contents"))


def _empty_while_away(stage: Stage, load: Load, empty: Callable[[str], None]) -> None:
    for service in (Service.REFERRAL_ROUTER, Service.NOTIFIER):
        stage.kill(service)
        load.post(2)
        queue = queue_name(service)
        wait_until(partial(_holds_something, stage, queue), 30, "nothing was queued")
        empty(queue)
        stage.revive()


def _holds_something(stage: Stage, queue: str) -> bool:
    return stage.broker.waiting()[queue] > 0


def binding_removed(stage: Stage, load: Load) -> None:
    """The bindings of offers are removed behind the services' backs, and offers are made at once."""
    for service in (Service.NOTIFIER, Service.INTAKE):
        stage.wait_until_quiet()
        path = f"/bindings/{{vhost}}/e/{EXCHANGE}/q/{queue_name(service)}/{routing_key(_OFFERED, service)}"
        stage.broker.manage("DELETE", path)
        load.post(2)


def recovery(stage: Stage, back_at: float, goal: float | None = RECOVERY_GOAL_SECONDS) -> Measures:
    """Measure from "it is back" to the next new event a webhook brought."""
    seconds = stage.agencies.first_delivery_after(back_at, _RECOVERY_PATIENCE_SECONDS)
    assert seconds is not None, f"no delivery within {_RECOVERY_PATIENCE_SECONDS:.0f} s"
    assert goal is None or seconds <= goal, f"the first delivery came after {seconds:.1f} s"
    return {"first delivery after, s": seconds}


def _posts(load: Load) -> Measures:
    assert load.slowest_post < _POST_GOAL_SECONDS, f"a 201 took {load.slowest_post:.1f} s"
    return {"slowest 201, s": load.slowest_post}
