"""A database that restarts, goes away, ends sessions, is slow, or falls silent."""

from __future__ import annotations

import os
import time

import pytest

from unavez_shared.contracts.services import Service
from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.faults_broker import recovery
from unavez_tests.chaos.harness import POOL_SIZE, Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.proxy import BOTH


def restart_immediately(stage: Stage, _: Load) -> Measures:
    """`pg_ctl stop -m immediate` and start: recovery from the log."""
    time.sleep(2)
    stage.ledger.stop_immediately()
    stage.ledger.start()
    return recovery(stage, time.monotonic())


def kill_database(stage: Stage, _: Load) -> Measures:
    """Kill -9 the postmaster, start it again."""
    time.sleep(2)
    stage.ledger.kill()
    stage.ledger.start()
    return recovery(stage, time.monotonic())


def database_down(stage: Stage, _: Load) -> Measures:
    """No PostgreSQL for two minutes, posts repeated all the time."""
    time.sleep(2)
    stage.ledger.stop_fast()
    time.sleep(120)
    stage.ledger.start()
    return recovery(stage, time.monotonic())


def one_database_away(stage: Stage, load: Load) -> Measures:
    """The router's database cannot be reached for two minutes while the messages of intake keep flowing to it."""
    stage.to_ledger[Service.REFERRAL_ROUTER].away()
    time.sleep(120)
    assert load.slowest_post < 5, f"a 201 took {load.slowest_post:.1f} s while only the router's database was away"
    stage.to_ledger[Service.REFERRAL_ROUTER].heal()
    return recovery(stage, time.monotonic())


def terminate_backends(stage: Stage, _: Load) -> Measures:
    """End every session of the services, ten times."""
    ended = 0
    for _round in range(10):
        ended += stage.ledger.terminate_backends()
        time.sleep(1)
    assert ended, "no session was ended"
    return {"sessions ended": ended}


def database_connections_reset(stage: Stage, _: Load) -> None:
    """RST on every connection, five times."""
    for _round in range(5):
        for proxy in stage.to_ledger.values():
            proxy.reset()
        time.sleep(1.5)


def database_connections_cut(stage: Stage, _: Load) -> None:
    """Connections end in the middle of a message."""
    for byte_count in (700, 5_000, 40_000):
        for proxy in stage.to_ledger.values():
            proxy.cut_after(byte_count)
        time.sleep(4)
        for proxy in stage.to_ledger.values():
            proxy.heal()
        time.sleep(2)


def database_half_open(stage: Stage, _: Load) -> Measures:
    """Every byte vanishes for 20 s, and the old connections never come back.

    The server sits behind a Unix socket here and would never miss its clients; over TCP the keepalives the relay asks
    for make it free the relay's lock after 11 s.
    """
    for proxy in stage.to_ledger.values():
        proxy.blackhole(BOTH)
    time.sleep(12)
    for proxy in stage.to_ledger.values():
        proxy.forget_blackholed()
    time.sleep(8)
    for proxy in stage.to_ledger.values():
        proxy.heal()
    return recovery(stage, time.monotonic(), goal=None)


def disk_full(stage: Stage, load: Load) -> Measures:
    """The database's disk has not one free block for 20 s, then room again. On a small tmpfs: needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    stage.ledger.move_to_small_disk(spare_bytes=64_000_000)
    time.sleep(3)
    ballast = stage.ledger.fill_disk()
    before, unavailable = len(load.posted), stage.gateway.unavailable
    time.sleep(20)
    answered, refused = len(load.posted) - before, stage.gateway.unavailable - unavailable
    ballast.unlink()
    stage.ledger.enlarge_disk()
    stage.ledger.start()
    recovered = recovery(stage, time.monotonic(), goal=None)
    stage.ledger.leave_small_disk()
    assert refused, "the disk was never full"
    return {"answered while full": answered, "answers of 503": refused} | recovered


def restore_a_backup(stage: Stage, load: Load) -> Measures:
    """A backup is taken under load; then the data is lost, and comes back from the backup and the log."""
    backup = stage.ledger.back_up()
    before = len(load.posted)
    time.sleep(10)
    stage.ledger.restore(backup)
    return {"intakes after the backup": len(load.posted) - before} | recovery(stage, time.monotonic(), goal=None)


def exhaust_the_pool(stage: Stage, load: Load) -> Measures:
    """A database 150 ms away and sixty times as many posts as intake has connections for, at once."""
    unavailable = stage.gateway.unavailable
    stage.to_ledger[Service.INTAKE].latency(0.15)
    load.post_at_once(30 * POOL_SIZE)
    refused = stage.gateway.unavailable - unavailable
    assert refused, "nobody waited too long for a connection"
    return {"answers of 503": refused, "slowest 201, s": load.slowest_post}
