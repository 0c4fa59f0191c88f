"""Nothing but time: offers run out, and memory, files, threads and tasks must not grow with it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from unavez_shared.contracts.services import Service
from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.replicas import Replica
from unavez_tests.chaos.servers import wait_until
from unavez_tests.processes import status_of

_SOAK_SECONDS = 1200.0
_MEMORY_GOAL = 150e6
"""Bytes a process may hold after the soak."""
_GROWTH = 0.10
"""Between the middle and the end; caches fill in the first half."""
_MORE = 10
"""Descriptors or tasks: requests come and go while they are counted."""
_LOOKS = 15
"""A second apart. The lowest counts: what is in hand is no growth."""

_ROUTER = Service.REFERRAL_ROUTER.database
_PLANS, _SOME = 40, 10
_RUN_OUT_SECONDS = 150.0
"""Longer than the judge is patient, so that offers run out for as long as it looks."""
_LOOKED_SECONDS = 3.0
"""The router looks every second."""
_UNANSWERED = "SELECT count(*) FROM audit WHERE action = 'offer_unanswered'"
_RUN_OUT = """
UPDATE referrals SET respond_by = now() + make_interval(secs => greatest(0, $2 * (2 * random() - 1)))
WHERE status = 'requested' AND plan_id IN (SELECT plan_id FROM plans ORDER BY plan_id DESC LIMIT $1)
"""


def soak(stage: Stage, _: Load) -> Measures:
    """Twenty minutes of load (`UNAVEZ_SOAK_SECONDS`), looked at in the middle and at the end."""
    seconds = float(os.environ.get("UNAVEZ_SOAK_SECONDS", _SOAK_SECONDS))
    time.sleep(seconds / 2)
    middle = _lowest(stage.replicas)
    time.sleep(seconds / 2)
    end = _lowest(stage.replicas)
    for name, now in end.items():
        before = middle[name]
        assert now.memory <= _MEMORY_GOAL, f"{name} holds {now.memory / 1e6:.0f} MB"
        assert now.memory <= before.memory * (1 + _GROWTH), f"{name} grew from {before.memory} to {now.memory} bytes"
        assert now.descriptors <= before.descriptors + _MORE, f"{name}: {before} to {now}"
        assert now.threads <= before.threads + 1, f"{name}: {before} to {now}"
        assert now.tasks <= before.tasks + _MORE, f"{name}: {before} to {now}"
    return {
        "minutes": seconds / 60,
        "largest process, MB": max(held.memory for held in end.values()) / 1e6,
        "largest growth in the second half": max(end[name].memory / middle[name].memory - 1 for name in end),
        "most descriptors": max(held.descriptors for held in end.values()),
        "most tasks": max(held.tasks for held in end.values()),
    }


def offers_run_out(stage: Stage, load: Load) -> Measures:
    """The time of half the offers of the newest plans is over at once, of the others one by one while it is judged."""
    load.post(_PLANS)
    stage.wait_until_quiet()
    before = stage.ledger.value(_ROUTER, _UNANSWERED)

    def ran_out() -> int:
        return stage.ledger.value(_ROUTER, _UNANSWERED) - before

    with stage.clocks_at_rest():
        stage.ledger.query(_ROUTER, _RUN_OUT, _PLANS, _RUN_OUT_SECONDS)
        time.sleep(_LOOKED_SECONDS)
        assert ran_out() == 0, "a clock went on while it was to rest"
    wait_until(lambda: ran_out() >= _SOME, 60, "no clock went on after its rest")
    return {"offers that ran out before it was judged": ran_out()}


@dataclass(frozen=True)
class _Held:
    """What one process holds."""

    memory: float
    """Resident bytes."""
    descriptors: int
    threads: int
    tasks: int
    """Of its event loop, as it says at `/metrics`."""


def _lowest(replicas: Sequence[Replica]) -> dict[str, _Held]:
    looks: dict[str, list[_Held]] = {replica.name: [] for replica in replicas}
    for _ in range(_LOOKS):
        for replica in replicas:
            looks[replica.name].append(_look(replica))
        time.sleep(1)
    return {
        name: _Held(
            memory=min(held.memory for held in seen),
            descriptors=min(held.descriptors for held in seen),
            threads=min(held.threads for held in seen),
            tasks=min(held.tasks for held in seen),
        )
        for name, seen in looks.items()
    }


def _look(replica: Replica) -> _Held:
    return _Held(
        memory=status_of(replica.pid, "VmRSS") * 1024,
        descriptors=len(list(Path(f"/proc/{replica.pid}/fd").iterdir())),
        threads=status_of(replica.pid, "Threads"),
        tasks=_tasks(replica),
    )


def _tasks(replica: Replica) -> int:
    exposition = httpx.get(f"http://127.0.0.1:{replica.metrics_port}/metrics").text
    families = text_string_to_metric_families(exposition)
    return next(int(sample.value) for family in families for sample in family.samples if sample.name == "unavez_tasks")
