"""How a process bears what is thrown at it: the most memory it took, and how long others waited for it meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from unavez_tests.processes import status_of

PATIENCE_SECONDS = 2.0
"""Longer than a loaded machine with two cores lets anybody wait, shorter than a loop that is blocked for seconds."""
_PAUSE_SECONDS = 0.05
_GIVES_UP_SECONDS = 30.0


@dataclass
class Strain:
    """What a process bore."""

    mebibytes: float = 0.0
    """The most it took beyond what it held at first, also when it gave that back before anybody looked."""
    waits: list[float] = field(default_factory=list)
    """Seconds, of everybody who asked for its health meanwhile. Who got no answer waited for ever."""

    def assert_borne(self, mebibytes: float) -> None:
        """Refuse more memory than this, and that anybody waited longer than people do."""
        assert self.mebibytes < mebibytes, f"{self.mebibytes:.0f} MiB"
        assert max(self.waits) < PATIENCE_SECONDS, f"{max(self.waits):.1f} s"


@contextmanager
def strained(pid: int, health_url: str) -> Iterator[Strain]:
    """Watch a process; the strain is known when the block has ended."""
    strain, ended = Strain(), threading.Event()
    asking = threading.Thread(target=_ask, args=(health_url, strain.waits, ended))
    # Linux forgets the peak so far: proc(5), clear_refs.
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    held = resident_mebibytes(pid)
    asking.start()
    try:
        yield strain
    finally:
        ended.set()
        asking.join()
    strain.mebibytes = status_of(pid, "VmHWM") / 1024 - held


def resident_mebibytes(pid: int) -> float:
    """Return what a process holds in memory right now."""
    return status_of(pid, "VmRSS") / 1024


def _ask(url: str, waits: list[float], ended: threading.Event) -> None:
    with httpx.Client(timeout=_GIVES_UP_SECONDS) as client:
        while True:
            begun = time.monotonic()
            try:
                is_answered = client.get(url).is_success
            except httpx.TransportError:
                is_answered = False
            waits.append(time.monotonic() - begun if is_answered else float("inf"))
            if ended.wait(_PAUSE_SECONDS):
                return
