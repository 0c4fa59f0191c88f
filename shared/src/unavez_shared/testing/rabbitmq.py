"""A private RabbitMQ for tests: free ports, its own directory, its own Erlang cookie and port mapper.

Never the machine's own broker. Works with the packages of Debian 12 (3.10) and later, Homebrew and the generic build.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from unavez_shared.testing.ports import free_port

_CANDIDATES = (
    "/usr/lib/rabbitmq/bin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/usr/local/sbin",
)
_START_SECONDS = 60.0
CONTAINER_IMAGE = "rabbitmq:4-management"
"""Where only Docker is at hand: the image `make test` pulls."""


class BrokerNotFoundError(RuntimeError):
    """No RabbitMQ server program on this machine: `make test` installs one."""


def find_server() -> Path:
    """Return the folder of `rabbitmq-server` and `rabbitmqctl`. Raises BrokerNotFoundError.

    `UNAVEZ_RABBITMQ` names one that comes before the machine's own: `deploy/local/bin/rabbitmq-4.sh` prints it.
    """
    for folder in (*filter(None, [os.environ.get("UNAVEZ_RABBITMQ")]), *_CANDIDATES):
        if (Path(folder) / "rabbitmq-server").exists():
            return Path(folder)
    found = shutil.which("rabbitmq-server")
    if found is None:
        raise BrokerNotFoundError("rabbitmq-server not found")
    return Path(found).resolve().parent


def _docker() -> str:
    found = shutil.which("docker")
    if found is None:
        raise BrokerNotFoundError("neither rabbitmq-server nor docker found")
    return found


@dataclass
class RabbitServer:
    """One broker node with the management API, on the loopback interface."""

    directory: Path
    port: int = field(default_factory=free_port)
    management_port: int = field(default_factory=free_port)
    _distribution_port: int = field(default_factory=free_port)
    _mapper_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _container: str | None = None

    @property
    def url(self) -> str:
        """AMQP URL of the default virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        """Base of the management API, with credentials."""
        return f"http://guest:guest@127.0.0.1:{self.management_port}/api"

    @property
    def pid(self) -> int:
        """Process id of the Erlang node itself."""
        return int((self.directory / "node.pid").read_text(encoding="ascii"))

    def start(self) -> None:
        """Start the node and return when it accepts AMQP and answers the management API."""
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            server = find_server() / "rabbitmq-server"
        except BrokerNotFoundError:
            self._start_container()
            return
        (self.directory / "plugins").write_text("[rabbitmq_management].\n", encoding="ascii")
        (self.directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "management.tcp.ip = 127.0.0.1\n"
            f"management.tcp.port = {self.management_port}\n"
            "vm_memory_high_watermark.absolute = 1GB\n"
            "disk_free_limit.absolute = 50MB\n",
            encoding="ascii",
        )
        with (self.directory / "node.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (the broker this class exists to start)
                [str(server)],
                env=self._environment(),
                cwd=self.directory,  # where Erlang drops its core files
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop node and port mapper, or the container. Idempotent."""
        if self._container is not None:
            subprocess.run([_docker(), "rm", "--force", self._container], capture_output=True, check=False)  # noqa: S603
            self._container = None
            return
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._end_mapper()

    def discard(self) -> None:
        """End everything at once: nobody needs this broker's data any more."""
        if self._container is not None:
            self.stop()
            return
        self.kill()
        self._end_mapper()

    def _end_mapper(self) -> None:
        mapper = shutil.which("epmd")
        if mapper is not None:
            subprocess.run([mapper, "-kill"], env=self._environment(), capture_output=True, check=False)  # noqa: S603
        self._process = None

    def kill(self) -> None:
        """Kill -9 the node."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def new_vhost(self) -> str:
        """Create an empty virtual host and return its AMQP URL."""
        name = f"t-{uuid4().hex[:12]}"
        with httpx.Client(timeout=10) as client:
            client.put(f"{self.management_url}/vhosts/{name}").raise_for_status()
        return self.enter_vhost(name)

    def enter_vhost(self, name: str) -> str:
        """Let the owner of the broker do anything on a virtual host that exists, and return its AMQP URL."""
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        with httpx.Client(timeout=10) as client:
            client.put(f"{self.management_url}/permissions/{name}/guest", json=everything).raise_for_status()
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{name}"

    def logged_errors(self) -> list[str]:
        """Return the error lines of the node's log; of a container none, for its log is the engine's."""
        logs = [self.directory / "node.log", *sorted((self.directory / "log").glob("*.log"))]
        texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs if log.exists()]
        return [line for text in texts for line in text.splitlines() if "[error]" in line]

    def _start_container(self) -> None:
        name = f"unavez-{self.port}"
        publish = ["-p", f"127.0.0.1:{self.port}:5672", "-p", f"127.0.0.1:{self.management_port}:15672"]
        environment = ["-e", "RABBITMQ_DEFAULT_USER=guest", "-e", "RABBITMQ_DEFAULT_PASS=guest"]
        subprocess.run(  # noqa: S603
            [_docker(), "run", "--detach", "--rm", "--name", name, *publish, *environment, CONTAINER_IMAGE],
            check=True,
            capture_output=True,
        )
        self._container = name
        self._wait_until_ready()

    def _environment(self) -> dict[str, str]:
        directory = str(self.directory)
        return {
            "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin",
            "HOME": directory,
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"unavez-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": f"{directory}/data",
            "RABBITMQ_LOG_BASE": f"{directory}/log",
            "RABBITMQ_PID_FILE": f"{directory}/node.pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{directory}/plugins",
            "RABBITMQ_CONFIG_FILE": f"{directory}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{directory}/none.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{directory}/none.config",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with httpx.Client(timeout=2) as client:
            while time.monotonic() < deadline:
                if self._process is not None and self._process.poll() is not None:
                    break
                try:
                    with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                        if client.get(f"{self.management_url}/overview").is_success:
                            return
                except (OSError, httpx.HTTPError):
                    time.sleep(0.1)
        raise RuntimeError(f"RabbitMQ did not start: see {self.directory / 'node.log'}")
