"""The four services as processes, two replicas each, and the gateway in front of them."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from unavez_local.composition import PACKAGES
from unavez_shared.contracts.services import Service
from unavez_shared.testing.ports import free_port

READY_SECONDS = 90.0
_TRY_SECONDS = 10.0
_AGAIN = frozenset({429, 502, 503, 504})


@dataclass
class Replica:
    """One process of one service."""

    service: Service
    number: int
    environment: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    metrics_port: int = 0
    process: subprocess.Popen[bytes] | None = None
    deaths: list[int] = field(default_factory=list)
    """Exit codes of processes nobody had asked to end."""
    _end_is_ours: bool = False

    @property
    def name(self) -> str:
        return f"{self.service.value}-{self.number}"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.note_death()
        self._end_is_ours = False
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"{PACKAGES[self.service]}.main"],
                env={
                    **self.environment,
                    "UNAVEZ_PORT": str(self.port),
                    "UNAVEZ_METRICS_PORT": str(self.metrics_port),
                },
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill -9, and wait until it is gone."""
        assert self.process is not None
        self.note_death()
        self._end_is_ours = True
        self.process.kill()
        self.process.wait(10)

    def terminate(self, seconds: float = 30) -> int:
        """SIGTERM; return the exit code. Raises `TimeoutExpired` when it does not end in time."""
        assert self.process is not None
        self.note_death()
        self._end_is_ours = True
        self.process.terminate()
        return self.process.wait(seconds)

    def refuses_to_start(self, seconds: float = 30) -> bool:
        """Start, and tell whether it ended by itself with an error. Raises `TimeoutExpired` when it serves."""
        self.start()
        assert self.process is not None
        self._end_is_ours = True
        return self.process.wait(seconds) != 0

    def note_death(self) -> None:
        """Remember it, once, when the process ended and nobody had asked it to."""
        if self.process is not None and self.process.poll() is not None and not self._end_is_ours:
            self.deaths.append(self.process.returncode)
            self._end_is_ours = True

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.base}{self.service.path}/health/ready", timeout=3).is_success
        except httpx.HTTPError:
            return False

    def wait_until_ready(self, seconds: float = READY_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            assert self.is_alive(), f"{self.name} ended: see {self.log}"
            assert time.monotonic() < deadline, f"{self.name} is not ready: see {self.log}"
            time.sleep(0.05)


class Gateway:
    """Sends a request to one replica of its service, and to the other when that one does not answer."""

    def __init__(self, replicas: list[Replica]) -> None:
        self._replicas = replicas
        self._turn = itertools.count()
        self._client = httpx.Client(
            timeout=httpx.Timeout(_TRY_SECONDS, connect=2),
            # None is kept alive: a request that ends without an answer was taken and lost, never sent too late.
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=0),
        )
        self._lock = threading.Lock()
        self.server_errors: list[str] = []
        """Method and path shape of every 500."""
        self.unavailable = 0
        """How many answers of 503 there were."""
        self.cut_off = 0
        """How many requests were taken by a replica and never answered."""

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: Any = None, *, seconds: float = 240
    ) -> httpx.Response:
        """Repeat until somebody answers something final. Raises AssertionError when nobody does in time."""
        deadline = time.monotonic() + seconds
        choices = [replica for replica in self._replicas if path.startswith(replica.service.path + "/")]
        last = "no replica"
        while time.monotonic() < deadline:
            replica = choices[next(self._turn) % len(choices)]
            try:
                answer = self._client.request(method, replica.base + path, headers=headers, json=body)
            except httpx.TransportError as error:
                last = type(error).__name__
                if not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                    with self._lock:
                        self.cut_off += 1
                time.sleep(0.05)
                continue
            if answer.status_code == 500:
                with self._lock:
                    self.server_errors.append(f"{method} {_shape(path)}")
            elif answer.status_code not in _AGAIN:
                return answer
            else:
                self.unavailable += 1
            last = str(answer.status_code)
            time.sleep(0.1)
        raise AssertionError(f"{method} {path.split('?', maxsplit=1)[0]}: no answer in {seconds} s, last {last}")

    def get(self, path: str, headers: Mapping[str, str], *, seconds: float = 240) -> httpx.Response:
        return self.request("GET", path, headers, seconds=seconds)

    def post(self, path: str, headers: Mapping[str, str], body: Any, *, seconds: float = 240) -> httpx.Response:
        return self.request("POST", path, headers, body, seconds=seconds)

    def close(self) -> None:
        self._client.close()


def _shape(path: str) -> str:
    """Return a path without ids: what of the product answered."""
    parts = path.split("?", maxsplit=1)[0].split("/")
    return "/".join("…" if part.count("-") == 4 else part for part in parts)
