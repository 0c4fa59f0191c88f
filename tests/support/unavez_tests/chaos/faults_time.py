"""Nothing but time: memory, files and threads must not grow with it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.replicas import Replica

_SOAK_SECONDS = 1200.0
_MEMORY_GOAL = 150e6
"""Bytes a process may hold after the soak."""
_GROWTH = 0.10
"""Between the middle and the end; caches fill in the first half."""
_MORE_DESCRIPTORS = 10


def soak(stage: Stage, _: Load) -> Measures:
    """Twenty minutes of load (`UNAVEZ_SOAK_SECONDS`), sampled in the middle and at the end."""
    seconds = float(os.environ.get("UNAVEZ_SOAK_SECONDS", _SOAK_SECONDS))
    time.sleep(seconds / 2)
    middle = {replica.name: _sample(replica) for replica in stage.replicas}
    time.sleep(seconds / 2)
    end = {replica.name: _sample(replica) for replica in stage.replicas}
    for name, (memory, descriptors, threads) in end.items():
        memory_before, descriptors_before, threads_before = middle[name]
        assert memory <= _MEMORY_GOAL, f"{name} holds {memory / 1e6:.0f} MB"
        assert memory <= memory_before * (1 + _GROWTH), f"{name} grew from {memory_before} to {memory} bytes"
        assert descriptors <= descriptors_before + _MORE_DESCRIPTORS, f"{name}: {descriptors} descriptors"
        assert threads <= threads_before + 1, f"{name}: {threads} threads"
    return {
        "minutes": seconds / 60,
        "largest process, MB": max(memory for memory, _, _ in end.values()) / 1e6,
        "largest growth in the second half": max(end[name][0] / middle[name][0] - 1 for name in end),
        "most descriptors": max(descriptors for _, descriptors, _ in end.values()),
    }


def _sample(replica: Replica) -> tuple[float, int, int]:
    """Return resident bytes, open descriptors and threads of one process."""
    process = Path(f"/proc/{replica.pid}")
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text(encoding="ascii").splitlines() if ":" in line
    )
    memory = float(status["VmRSS"].split()[0]) * 1024
    return memory, len(list((process / "fd").iterdir())), int(status["Threads"])
