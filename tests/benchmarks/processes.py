"""Processes under measurement: started, their CPU time and memory read from /proc, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from unavez_tests.processes import status_of

_TICKS = os.sysconf("SC_CLK_TCK")
_SUPPORT = Path(__file__).parents[1]


def start_floor(part: str, log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.floor", part],
            env={**os.environ, **environment, "PYTHONPATH": f"{_SUPPORT}:{_SUPPORT / 'support'}"},
            stdout=output,
            stderr=output,
        )


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGKILL)
    for process in processes:
        process.wait(10)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Return user and system time of these processes, in seconds."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def peak_memory_mb(pid: int) -> float:
    """Return the most that was ever resident, in MB (10^6 bytes)."""
    return status_of(pid, "VmHWM") * 1024 / 1e6


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process, shared pages included, in MB (10^6 bytes)."""
    return status_of(pid, "VmRSS") * 1024 / 1e6
