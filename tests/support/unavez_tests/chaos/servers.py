"""PostgreSQL and RabbitMQ of one run, and everything that can be done to them from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiormq
import asyncpg
import httpx
from sqlalchemy.engine import make_url

from unavez_local.postgres import EmbeddedPostgres, _give
from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import parking_name, queue_name
from unavez_shared.testing.rabbitmq import RabbitServer, find_server
from unavez_tests.chaos.proxy import Upstream

_GONE_SECONDS = 30.0
_SEGMENTS = 80
"""More than PostgreSQL keeps for reuse (`max_wal_size`, 1 GB)."""
_MISSING = -1
"""Said of a queue that somebody deleted and nobody has declared again yet."""


class Ledger:
    """The PostgreSQL server."""

    def __init__(self, directory: Path) -> None:
        self.server = EmbeddedPostgres(directory)
        self.server.start()
        self._url = make_url(self.server.url)
        self._mounted: Path | None = None

    @property
    def upstream(self) -> Upstream:
        return Upstream(socket_path=Path(str(self._url.query["host"])) / ".s.PGSQL.5432")

    def url_through(self, port: int) -> str:
        """Return the server URL as the services get it: over the proxy at `port`."""
        return f"postgresql://{self._url.username}:{quote(str(self._url.password))}@127.0.0.1:{port}/postgres"

    def query(self, database: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run one statement on the server itself, past every proxy."""

        async def run() -> list[asyncpg.Record]:
            connection = await self._connect(database)
            try:
                rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
                return rows
            finally:
                await connection.close()

        return asyncio.run(run())

    @contextlib.contextmanager
    def holding(self, database: str, sql: str) -> Iterator[None]:
        """Run one statement on the server itself, and keep its locks until the block ends."""
        with asyncio.Runner() as runner:
            connection: asyncpg.Connection = runner.run(self._connect(database))
            try:
                runner.run(connection.execute("BEGIN"))
                runner.run(connection.execute(sql))
                yield
            finally:
                runner.run(connection.close())

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=self._url.query["host"], user=self._url.username, password=self._url.password, database=database
        )

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

    # --- its disk --------------------------------------------------------------------------------------------------

    def move_to_small_disk(self, spare_bytes: int) -> None:
        """Move the cluster, at its own path, to a disk of its size and a little more. Needs root."""
        cluster, kept = self._stopped_copy()
        size = spare_bytes + sum(path.lstat().st_size for path in kept.rglob("*"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(cluster)], check=True)
        self._mounted = cluster
        for path in kept.iterdir():
            shutil.move(path, cluster / path.name)
        kept.rmdir()
        _give_all(cluster)
        self.start()

    def fill_disk(self) -> Path:
        """Leave not one free block, nor a log segment set aside; return the file to delete again."""
        ballast = self.server._real_cluster() / "ballast"
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
                file.flush()
        with contextlib.suppress(asyncpg.PostgresError, OSError):  # it ends the server at last: no room for its log
            for _ in range(_SEGMENTS):
                self.query("postgres", "SELECT pg_logical_emit_message(true, 'full', ''), pg_switch_wal()")
        return ballast

    def enlarge_disk(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=4g", str(self.server._real_cluster())], check=True)

    def leave_small_disk(self) -> None:
        """Move the cluster back to where it came from; what the small disk covered is out of date."""
        cluster, kept = self._stopped_copy()
        subprocess.run(["umount", str(cluster)], check=True)
        self._mounted = None
        shutil.rmtree(cluster)
        kept.rename(cluster)
        self.start()

    def _stopped_copy(self) -> tuple[Path, Path]:
        """Stop, and copy the cluster beside itself; return both folders."""
        cluster = self.server._real_cluster()
        self.stop_fast()
        kept = cluster.with_name(cluster.name + ".kept")
        shutil.copytree(cluster, kept, symlinks=True)
        _give_all(kept)
        return cluster, kept

    # --- backup ----------------------------------------------------------------------------------------------------

    def back_up(self) -> Path:
        """Take a base backup of the running server; return its folder."""
        target = self.server._real_cluster().with_name("backup")
        target.mkdir(mode=0o700)
        _give_all(target)
        done = self.server._run(
            "pg_basebackup", "-D", str(target), "-X", "none", "-c", "fast", "-d", self.server.url, "--no-manifest"
        )
        assert done.returncode == 0, done.stderr
        return target

    def restore(self, backup: Path) -> None:
        """The data is gone, the log is not: start from the backup and replay what was logged since."""
        cluster = self.server._real_cluster()
        self.stop_immediately()
        shutil.rmtree(backup / "pg_wal")
        shutil.move(cluster / "pg_wal", backup / "pg_wal")
        lost = cluster.with_name("lost")
        cluster.rename(lost)
        backup.rename(cluster)
        shutil.rmtree(lost)
        self.start()

    def stop(self) -> None:
        """Stop, and give back what was mounted."""
        self.server.stop()
        if self._mounted is not None:
            subprocess.run(["umount", "-l", str(self._mounted)], check=False)

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
        return {name: await _messages(connection, name) for name in queues}
    finally:
        await connection.close()


async def _messages(connection: aiormq.abc.AbstractConnection, queue: str) -> int:
    channel = await connection.channel()
    try:
        return (await channel.queue_declare(queue, passive=True)).message_count or 0
    except aiormq.exceptions.ChannelNotFoundEntity:
        return _MISSING
    finally:
        if not channel.is_closed:
            await channel.close()


def _give_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            _give(path)


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
