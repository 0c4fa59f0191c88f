"""One real installation for all of the doctor's tests: PostgreSQL with its own data directory, a virtual host, keys."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiormq
import asyncpg
import orjson
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from unavez_local.composition import PACKAGES, Installation, create_keys, migrate
from unavez_local.data_directory import DataDirectory
from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.doctor.target import Target
from unavez_shared.messaging import topology
from unavez_shared.messaging.relay import LOCK
from unavez_shared.persistence.audit import Sealer, read_audit_key
from unavez_shared.persistence.database import Database, create_engine
from unavez_shared.persistence.schema import bind_installation
from unavez_shared.privacy.ids import random_id
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.keys.repository import insert_missing
from unavez_shared.testing.rabbitmq import RabbitServer

_SEALS = 3
DUTY = random_id()
"""Who answers for what third parties report: `UNAVEZ_DUTY_ORGANIZATION` of the stage."""


class StandIn(ThreadingHTTPServer):
    """Answers for the services and for an OIDC issuer: whatever `answers` says of a path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, StandIn)
        status, body = self.server.answers.get(self.path, (200, {"status": "ready"}))
        content = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


@dataclass
class Stage:
    """The installation, and what plants need to reach it behind its back."""

    data: DataDirectory
    server: EmbeddedPostgres
    rabbitmq: RabbitServer
    amqp_url: str
    stand_in: StandIn
    target: Target = field(init=False)

    def __post_init__(self) -> None:
        installation = Installation(
            data=self.data, keys=self.data.keys(), database_url=self.server.url, amqp_url=self.amqp_url
        )
        self.target = Target(
            packages=PACKAGES,
            settings=installation.settings(Service.INTAKE),
            kek_file=installation.keys.kek_file,
            issuer_file=installation.keys.issuer_file,
            data_directory=self.data.path,
            management_url=SecretStr(self.rabbitmq.management_url),
            service_urls={service: self.stand_in.url + service.path for service in Service},
        )

    async def connect(self, database: str) -> Any:
        """Connect as the superuser."""
        url = make_url(self.server.url)
        return await asyncpg.connect(
            host=url.query["host"], user=url.username, password=url.password, database=database, timeout=10
        )

    @asynccontextmanager
    async def sql(self, database: str, *statements: str, undo: tuple[str, ...] = ()) -> AsyncIterator[None]:
        """Run statements past every trigger, and others in the end."""
        connection = await self.connect(database)
        try:
            await connection.execute("SET session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement)
            yield
            for statement in undo:
                await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[Any]:
        """Open an AMQP channel as the administrator."""
        connection = await aiormq.connect(self.amqp_url)
        try:
            yield await connection.channel()
        finally:
            await connection.close()

    async def declare_topology(self) -> None:
        """Declare and bind everything, as services do at their start."""
        connection = await aiormq.connect(self.amqp_url)
        try:
            for service in Service:
                await topology.declare(connection, service)
        finally:
            await connection.close()

    @asynccontextmanager
    async def at_work(self, *, consuming: bool = True, relaying: bool = True) -> AsyncIterator[None]:
        """Hold the relays' locks and consume the queues, as running services do."""
        relays = [await self.connect(service.database) for service in Service if relaying]
        try:
            for relay in relays:
                await relay.execute(f"SELECT pg_advisory_lock({LOCK})")
            async with self.channel() as channel:
                for service in Service if consuming else ():
                    if consumed_by(service):
                        await channel.basic_consume(topology.queue_name(service), _take)
                yield
        finally:
            for relay in relays:
                await relay.close()


async def _take(_: Any) -> None:
    """Consume: nothing is published while a stage is at work."""


@contextmanager
def staged(folder: Path, rabbitmq: RabbitServer) -> Iterator[Stage]:
    """Give birth to a real installation: migrated, bound, with keys, case keys, a sealed audit and a topology."""
    data = DataDirectory.open_or_create(folder / "data", real=True)
    create_keys(data.keys())
    (data.path / "lock").touch(mode=0o600)
    server, stand_in = EmbeddedPostgres(data.path), StandIn()
    server.start()
    thread = threading.Thread(target=stand_in.serve_forever, daemon=True)
    thread.start()
    try:
        stage = Stage(data, server, rabbitmq, rabbitmq.new_vhost(), stand_in)
        asyncio.run(_fill(stage))
        yield stage
    finally:
        stand_in.shutdown()
        stand_in.server_close()
        thread.join()
        server.stop()


async def _fill(stage: Stage) -> None:
    await migrate(stage.server.url, lambda _: None)
    for service in Service:
        engine = create_engine(stage.server.url, service.database, pool_size=1)
        await bind_installation(engine, demo=False)
        await engine.dispose()
    await _wrap_case_keys(stage)
    await _seal_an_audit(stage)
    await stage.declare_topology()


async def _wrap_case_keys(stage: Stage) -> None:
    kek = KeyEncryptionKey.from_file(stage.data.keys().kek_file)
    engine = create_engine(stage.server.url, KEYS_DATABASE, pool_size=1)
    async with engine.begin() as connection:
        for holder in stage.target.case_key_holders:
            wrapped = {
                case_id: kek.wrap(bytes(32), case_id=case_id, holder=holder) for case_id in (random_id(), random_id())
            }
            await insert_missing(connection, wrapped, holder=holder.value, kek_id=kek.id)
    await engine.dispose()


async def _seal_an_audit(stage: Stage) -> None:
    engine = create_engine(stage.server.url, Service.INTAKE.database, pool_size=2)
    database = Database(engine, encoder=_Silent(), clock=SystemClock())
    sealer = Sealer(database, read_audit_key(stage.data.keys().audit_key_file))
    for number in range(_SEALS):
        async with database.transaction() as work:
            work.record("synthetic", number=number)
        await sealer._round()
    await sealer._leader.resign()
    await engine.dispose()


class _Silent:
    """An encoder for a database whose tests emit nothing."""

    def encode(self, event: object) -> Any:
        raise AssertionError(event)
