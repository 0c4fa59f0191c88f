"""A producer and a consumer on real databases, joined by any bus: the stage of the bus behaviour suite.

The producer is intake, the consumer the referral router, the event `case.registered`. The handler's whole effect is one
row an event in the table `effects`, without a unique key: what is applied twice stands there twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text, insert, select, text

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.event_data import CaseState, EventData
from unavez_shared.contracts.events import CASE_REGISTERED, CATALOGUE, EventType, consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Bus, Message
from unavez_shared.messaging.errors import BadSignatureError, UndecodableError, WrongVersionError
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.messaging.relay import Relay
from unavez_shared.messaging.transient import is_down
from unavez_shared.persistence.database import Database, UnitOfWork, create_engine
from unavez_shared.persistence.tables import outbox, plumbing
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.databases import administer

_tables = MetaData()
effects = Table(
    "effects",
    _tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)

S = TypeVar("S", bound="Side")
D = TypeVar("D", bound=EventData)
OnEvent = Callable[[Event[Any]], Awaitable[None]]


def without_signature(kind: EventType[D]) -> EventType[D]:
    """Return the same kind as whoever holds the family's key, and no pen, may write it."""
    return replace(kind, signed=False)


class PlainCodec:
    """Unsealed JSON with the errors of the true codec: `broken` bodies are no event, `forged` ones do not open."""

    def encode(self, event: Event[Any]) -> Message:
        """Write an event."""
        body = orjson.dumps(
            {
                "id": str(event.id),
                "type": event.event_type.type,
                "subject": event.subject,
                "time": event.time.isoformat(),
                "sequence": event.sequence,
                "data": event.data.model_dump(mode="json"),
            }
        )
        return Message(str(event.id), event.event_type.name, body)

    def decode(self, body: bytes) -> Event[Any]:
        """Read an event. Raises the errors of `messaging.errors`."""
        if body.startswith(b"forged"):
            raise BadSignatureError("does not open")
        try:
            read = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise UndecodableError("not JSON") from None
        event_type = CATALOGUE.get(read["type"])
        if event_type is None:
            raise WrongVersionError("unknown type")
        return Event(
            id=UUID(read["id"]),
            event_type=event_type,
            subject=read["subject"],
            time=datetime.fromisoformat(read["time"]),
            sequence=read["sequence"],
            data=event_type.data.model_validate(read["data"]),
        )


def case_state(case_id: UUID) -> CaseState:
    """Return a synthetic case: no real person, no real place."""
    return CaseState(
        case_id=case_id,
        intake_id=uuid4(),
        case_code="AAAA-AAAA",
        organization_id=uuid4(),
        team=[],
        status="complete",
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        demo=True,
        facts={"synthetic": True},
        places={},
    )


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Poll until the condition holds; a database that is away is no answer. Raises `TimeoutError` after the time."""
    async with asyncio.timeout(seconds):
        while not await _holds(condition):  # noqa: ASYNC110  (the condition is in another process)
            await asyncio.sleep(0.01)


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await condition()
    except Exception as error:
        if is_down(error):
            return False
        raise


async def create_database(server_url: str, name: str) -> None:
    """Create an empty database with the plumbing tables and `effects`."""
    await administer(server_url, f'CREATE DATABASE "{name}"')
    engine = create_engine(server_url, name)
    async with engine.begin() as connection:
        await connection.run_sync(plumbing.create_all)
        await connection.run_sync(_tables.create_all)
    await engine.dispose()


async def terminate_backends(server_url: str) -> None:
    """End every session of the services' databases, as an administrator or a failover does."""
    await administer(server_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'unavez%'")


@dataclass
class Side:
    """One service: a database, a bus, and the tasks it runs."""

    service: Service
    database: Database
    bus: Bus
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def count(self, statement: str) -> int:
        """Run a counting statement."""
        async with self.database.engine.connect() as connection:
            return int(await connection.scalar(text(statement)) or 0)

    async def change(self, statement: str) -> None:
        """Commit one statement past the product's own code."""
        async with self.database.engine.begin() as connection:
            await connection.execute(text(statement))

    async def stop(self) -> None:
        """Stop the tasks, keep the bus."""
        self.stopping.set()
        await asyncio.gather(*self.tasks)
        self.tasks.clear()
        self.stopping = asyncio.Event()

    async def close(self) -> None:
        """Stop everything."""
        await self.stop()
        await self.bus.close()
        await self.database.close()


class Producer(Side):
    """Intake: emits cases, relays them."""

    relay: Relay

    def start_relay(self) -> None:
        """Relay in the background."""
        self.relay = Relay(self.database.engine, self.bus, self.service)
        self.database.wake_with(self.relay.wake)
        self.tasks.append(asyncio.create_task(self.relay.run(self.stopping)))

    async def close(self) -> None:
        """Stop, and give the lock up."""
        await self.stop()
        if hasattr(self, "relay"):
            await self.relay.close()
        await super().close()

    async def emit(self, *pairs: tuple[UUID, int]) -> None:
        """Commit one transaction with an event for each (subject, sequence)."""
        async with self.database.transaction() as work:
            for subject, sequence in pairs:
                work.emit(CASE_REGISTERED, subject=subject, sequence=sequence, data=case_state(subject))

    async def emit_until_committed(self, *pairs: tuple[UUID, int]) -> None:
        """Emit as a caller who was answered 503 does: again, until the database takes it."""

        async def committed() -> bool:
            await self.emit(*pairs)
            return True

        await until(committed)

    async def put(self, message: Message) -> None:
        """Put raw bytes into the outbox."""
        async with self.database.transaction() as work:
            await work.execute(
                insert(outbox),
                {"message_id": message.message_id, "routing_key": message.routing_key, "body": message.body},
            )

    async def outbox_is_empty(self) -> bool:
        """Tell whether every hearer has settled everything."""
        return await self.count("SELECT count(*) FROM outbox") == 0


class Consumer(Side):
    """The router: writes an effect an event, after `on_event` had its say."""

    inbox: Inbox
    on_event: OnEvent | None = None
    calls: int = 0

    async def start_inbox(self) -> None:
        """Consume, and retry what is parked, in the background."""
        self.inbox = Inbox(
            self.service,
            self.database,
            PlainCodec(),
            dict.fromkeys(consumed_by(self.service), self._handle),
        )
        await self.inbox.start(self.bus)
        self.tasks.append(asyncio.create_task(self.inbox.run_parked(self.stopping)))

    async def _handle(self, events: Sequence[Event[Any]], work: UnitOfWork) -> None:
        self.calls += 1
        for event in events:
            if self.on_event is not None:
                await self.on_event(event)
        await work.execute(
            insert(effects), [{"subject": event.subject, "sequence": event.sequence} for event in events]
        )

    async def effects_of(self, subject: UUID | None = None) -> list[tuple[str, int]]:
        """Return (subject, sequence) in the order they were applied."""
        statement = select(effects.c.subject, effects.c.sequence).order_by(effects.c.id)
        if subject is not None:
            statement = statement.where(effects.c.subject == str(subject))
        async with self.database.engine.connect() as connection:
            return [(row.subject, row.sequence) for row in await connection.execute(statement)]

    async def has_effects(self, number: int) -> bool:
        """Tell whether at least so many events were applied."""
        return len(await self.effects_of()) >= number

    async def close(self) -> None:
        """Stop consuming first: what is in hand is settled."""
        with suppress(RuntimeError):
            await self.bus.stop_consuming(self.service)
        await super().close()


@dataclass
class Stage:
    """Where a test plays: databases exist, nothing runs yet."""

    server_url: str
    connect: Callable[[Service], Bus]
    sides: list[Side] = field(default_factory=list)

    async def producer(self) -> Producer:
        """Return a started intake without a relay."""
        return await self._side(Producer, Service.INTAKE)

    async def consumer(self) -> Consumer:
        """Return a started router that does not consume yet."""
        return await self._side(Consumer, Service.REFERRAL_ROUTER)

    async def _side(self, kind: type[S], service: Service) -> S:
        database = Database(create_engine(self.server_url, service.database), encoder=PlainCodec(), clock=SystemClock())
        side = kind(service, database, self.connect(service))
        self.sides.append(side)
        await side.bus.start()
        return side

    async def close(self) -> None:
        """Close every side, consumers last: a producer may still have something in flight."""
        for side in self.sides:
            await side.close()


def new_message(subject: UUID, sequence: int) -> Message:
    """Return an event as bytes, for what a test publishes past the outbox."""
    event = Event(uuid7(), CASE_REGISTERED, str(subject), datetime.now(UTC), sequence, case_state(subject))
    return PlainCodec().encode(event)
