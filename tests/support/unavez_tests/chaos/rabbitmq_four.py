"""RabbitMQ 4.0 from another system's packages, by a script that keeps it apart: `TOOL start|stop DIR PORT`.

For the long mode where it can be had: `UNAVEZ_RABBITMQ_4=TOOL make chaos`. The management API is at PORT + 10000, the
port mapper at PORT + 15000, the distribution at PORT + 20000; the node lives in a chroot below DIR.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from unavez_shared.testing.rabbitmq import RabbitServer, free_port

_HIGHEST_PORT = 45_000
_START_SECONDS = 900
"""The first start builds the system it runs in."""


class RabbitFour(RabbitServer):
    """The same broker for a test, one major version later."""

    def __init__(self, directory: Path, tool: str) -> None:
        port = next(port for port in iter(free_port, None) if port < _HIGHEST_PORT)
        super().__init__(directory, port=port, management_port=port + 10_000)
        self._tool = tool
        self._runs = False

    @property
    def pid(self) -> int:
        folder = self.directory / "trixie" / "var/lib/rabbitmq"
        return int((folder / f"{self.port}.pid").read_text(encoding="ascii"))

    def start(self) -> None:
        self._call("start")
        self._runs = True
        self._wait_until_ready()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._runs = False

    def stop(self) -> None:
        if self._runs:
            self._call("stop")
            self._runs = False
        mapper = shutil.which("epmd")
        if mapper is not None:
            environment = {**os.environ, "ERL_EPMD_PORT": str(self.port + 15_000)}
            subprocess.run([mapper, "-kill"], env=environment, capture_output=True, check=False)

    @property
    def is_running(self) -> bool:
        return self._runs

    def control(self, *arguments: str) -> None:
        """Run `rabbitmqctl` beside the node."""
        environment = [
            "HOME=/var/lib/rabbitmq",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            f"RABBITMQ_NODENAME=unavez{self.port}@localhost",
            f"ERL_EPMD_PORT={self.port + 15_000}",
        ]
        root = str(self.directory / "trixie")
        command = ["chroot", root, "/usr/bin/env", "-i", *environment, "/usr/lib/rabbitmq/bin/rabbitmqctl", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def _call(self, verb: str) -> None:
        command = [self._tool, verb, str(self.directory), str(self.port)]
        subprocess.run(command, check=True, capture_output=True, timeout=_START_SECONDS)
