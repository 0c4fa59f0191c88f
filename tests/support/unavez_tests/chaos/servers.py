"""PostgreSQL and RabbitMQ of one run, and everything that can be done to them from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiormq
import asyncpg
import httpx
from sqlalchemy.engine import make_url

from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import parking_name, queue_name
from unavez_shared.testing.rabbitmq import RabbitServer, find_server
from unavez_tests.chaos.proxy import Upstream

_GONE_SECONDS = 30.0


class Ledger:
    """The PostgreSQL server."""

    def __init__(self, directory: Path) -> None:
        self.server = EmbeddedPostgres(directory)
        self.server.start()
        self._url = make_url(self.server.url)

    @property
    def upstream(self) -> Upstream:
        return Upstream(socket_path=Path(str(self._url.query["host"])) / ".s.PGSQL.5432")

    def url_through(self, port: int) -> str:
        """Return the server URL as the services get it: over the proxy at `port`."""
        return f"postgresql://{self._url.username}:{quote(str(self._url.password))}@127.0.0.1:{port}/postgres"

    def query(self, database: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement on the server itself, past every proxy."""

        async def run() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(
                host=self._url.query["host"], user=self._url.username, password=self._url.password, database=database
            )
            try:
                rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
                return rows
            finally:
                await connection.close()

        return asyncio.run(run())

    def value(self, database: str, sql: str) -> int:
        return int(self.query(database, sql)[0][0])

    def stop_immediately(self) -> None:
        """Crash in an orderly way (SIGQUIT): the next start has to recover."""
        self._end(signal.SIGQUIT)

    def stop_fast(self) -> None:
        self._end(signal.SIGINT)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        pid = self.server.pid()
        assert pid is not None, "PostgreSQL does not run"
        os.kill(pid, number)
        wait_until(lambda: self.server.pid() is None, _GONE_SECONDS, "PostgreSQL does not end")

    def start(self) -> None:
        self.server.start()

    def terminate_backends(self) -> int:
        """End every session of the services; return how many."""
        rows = self.query(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'unavez%'",
        )
        return len(rows)


class Broker:
    """The RabbitMQ server, its own directory and one virtual host of this run."""

    def __init__(self, directory: Path) -> None:
        self.server = RabbitServer(directory)
        self.server.start()
        self._path = self.server.new_vhost().rpartition("/")[2]

    @property
    def upstream(self) -> Upstream:
        return Upstream(port=self.server.port)

    @property
    def url(self) -> str:
        """AMQP URL past every proxy."""
        return self.url_through(self.server.port)

    def url_through(self, port: int) -> str:
        return f"amqp://guest:guest@127.0.0.1:{port}/{self._path}"

    def kill(self) -> None:
        """Kill -9 the node."""
        self.server.kill()

    def start(self) -> float:
        """Start the node again; return when (monotonic) it first answered AMQP."""
        answered: list[float] = []
        starting = threading.Thread(target=self.server.start)
        starting.start()
        while not answered:
            if _speaks_amqp(self.server.port):
                answered.append(time.monotonic())
            assert starting.is_alive() or answered, "the broker did not start"
            time.sleep(0.05)
        starting.join()
        return answered[0]

    def is_alive(self) -> bool:
        return self.server._process is not None

    def stop_in_place(self) -> None:
        """SIGSTOP: the machine hangs, its connections stay."""
        os.kill(self.server.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.server.pid, signal.SIGCONT)

    def control(self, *arguments: str) -> None:
        """Run `rabbitmqctl` on this node."""
        subprocess.run(
            [str(find_server() / "rabbitmqctl"), *arguments],
            env=self.server._environment(),
            check=True,
            capture_output=True,
            timeout=60,
        )

    def manage(self, method: str, path: str, body: Any = None) -> Any:
        """Call the management API; `{vhost}` in the path is ours."""
        with httpx.Client(timeout=15) as client:
            answer = client.request(method, f"{self.server.management_url}{path.format(vhost=self._path)}", json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def waiting(self) -> dict[str, int]:
        """Return how many messages each of our queues holds, dead letters included.

        Asked over AMQP: the management API learns of it five seconds late. Unacknowledged ones are not counted; what
        would be lost with them is missing elsewhere.
        """
        consumers = [service for service in Service if consumed_by(service)]
        return asyncio.run(
            _counted(self.url, [f(service) for service in consumers for f in (queue_name, parking_name)])
        )

    def stop(self) -> None:
        self.server.stop()


async def _counted(url: str, queues: Sequence[str]) -> dict[str, int]:
    connection = await aiormq.connect(url)
    try:
        channel = await connection.channel()
        declared = {name: await channel.queue_declare(name, passive=True) for name in queues}
        return {name: answer.message_count or 0 for name, answer in declared.items()}
    finally:
        await connection.close()


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return bool(connection.recv(1))
    except OSError:
        return False


def wait_until(condition: Any, seconds: float, complaint: str, *, poll: float = 0.05) -> float:
    """Poll until `condition()` is true; return the seconds it took. Raises AssertionError."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, complaint
        time.sleep(poll)
    return time.monotonic() - begun


def tail(paths: Sequence[Path], lines: int = 15) -> str:
    """Return the last lines of each log, for a failure's message."""
    return "\n".join(
        f"--- {path.name}\n" + "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        for path in paths
        if path.exists()
    )
