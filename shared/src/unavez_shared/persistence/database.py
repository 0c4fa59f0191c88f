"""One database, one transaction a command: state, audit and outbox are written together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.event_data import EventData
from unavez_shared.contracts.events import EventType
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.event import Event
from unavez_shared.observability.trace import current_traceparent
from unavez_shared.persistence.shared_commit import SharedCommit
from unavez_shared.privacy.ids import uuid7

UNREACHABLE: Final = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What connecting raises: not all of it is wrapped by SQLAlchemy."""
_COMMAND_SECONDS = 15
_CONNECT_SECONDS = 5
_SEALED_AT_ONCE = 50

D = TypeVar("D", bound=EventData)
T = TypeVar("T")


class Encoder(Protocol):
    """Seals and, where the catalogue says so, signs an event into the bytes that go on the bus."""

    def encode(self, event: Event[Any]) -> Message:
        """Return the message. Raises `SealingError` when this service does not hold the family's key."""
        ...


class UnitOfWork:
    """What one command does to the database. Use-cases and handlers get one; nobody else commits."""

    def __init__(self, connection: AsyncConnection, encoder: Encoder, clock: Clock) -> None:
        self.connection = connection
        self._encoder = encoder
        self._clock = clock
        self._events: list[Event[Any]] = []
        self._audit: list[dict[str, Any]] = []
        self._after_commit: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the time, from the service's one source of it."""
        return self._clock.now()

    def after_commit(self, signal: Callable[[], None]) -> None:
        """Call `signal` once this transaction is committed: an in-process wake-up, never an effect."""
        self._after_commit.append(signal)

    def committed(self) -> None:
        """Send the signals. Whoever commits the transaction calls this; nobody else."""
        for signal in self._after_commit:
            signal()

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a Core statement in this transaction."""
        return await self.connection.execute(statement, parameters)

    async def lazily(self) -> None:
        """Do not wait for the disk at COMMIT: losing this transaction in a crash costs only a repetition."""
        await self.connection.execute(text("SET LOCAL synchronous_commit TO off"))

    def emit(self, event_type: EventType[D], *, subject: str | UUID, sequence: int, data: D) -> None:
        """Queue an event for the outbox; it is sealed and written just before COMMIT."""
        self._events.append(
            Event(
                id=uuid7(),
                event_type=event_type,
                subject=str(subject),
                time=self._clock.now(),
                sequence=sequence,
                data=data,
                traceparent=current_traceparent(),
            )
        )

    def record(
        self,
        action: str,
        *,
        actor: Actor | None = None,
        case_id: UUID | None = None,
        subject_id: str | UUID | None = None,
        **detail: str | int | bool | Sequence[str] | None,
    ) -> None:
        """Queue an audit row: a static action name, ids and codes. Never a value of hers."""
        self._audit.append(
            {
                "at": self._clock.now(),
                "action": action,
                "actor": actor.subject if actor else None,
                "actor_role": actor.role.value if actor else None,
                "actor_organization_id": actor.organization_id if actor else None,
                "case_id": case_id,
                "subject_id": str(subject_id) if subject_id is not None else None,
                "detail": orjson.dumps(detail).decode(),
            }
        )

    async def flush(self) -> bool:
        """Write the queued audit and outbox rows in one round trip; tell whether there are messages to relay."""
        messages = await self._sealed()
        if self._audit or messages:
            await self.connection.execute(_FLUSH, {**_columns(_AUDIT, self._audit), **_message_columns(messages)})
        return bool(messages)

    async def _sealed(self) -> list[Message]:
        messages = []
        for number, event in enumerate(self._events, start=1):
            messages.append(self._encoder.encode(event))
            if number % _SEALED_AT_ONCE == 0:
                await asyncio.sleep(0)  # requests wait for some milliseconds of sealing, not for all of a batch
        return messages


_AUDIT = ("at", "action", "actor", "actor_role", "actor_organization_id", "case_id", "subject_id", "detail")
_FLUSH = text(
    """
    WITH recorded AS (
        INSERT INTO audit (at, action, actor, actor_role, actor_organization_id, case_id, subject_id, detail)
        SELECT at, action, actor, actor_role, actor_organization_id, case_id, subject_id, CAST(detail AS jsonb)
        FROM unnest(
            CAST(:at AS timestamptz[]), CAST(:action AS text[]), CAST(:actor AS text[]), CAST(:actor_role AS text[]),
            CAST(:actor_organization_id AS uuid[]), CAST(:case_id AS uuid[]), CAST(:subject_id AS text[]),
            CAST(:detail AS text[])
        ) WITH ORDINALITY AS row (at, action, actor, actor_role, actor_organization_id, case_id, subject_id, detail, n)
        ORDER BY n
    )
    INSERT INTO outbox (message_id, routing_key, body)
    SELECT message_id, routing_key, body
    FROM unnest(CAST(:message_id AS text[]), CAST(:routing_key AS text[]), CAST(:body AS bytea[]))
        WITH ORDINALITY AS message (message_id, routing_key, body, n)
    ORDER BY n
    """
)
"""Rows get their ids in the order they were queued: the relay publishes by id."""


def _columns(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


def _message_columns(messages: Sequence[Message]) -> dict[str, list[Any]]:
    return {
        "message_id": [message.message_id for message in messages],
        "routing_key": [message.routing_key for message in messages],
        "body": [message.body for message in messages],
    }


class Database:
    """The service's engine plus what a transaction needs: the event encoder, the clock, the relay's wake-up."""

    def __init__(self, engine: AsyncEngine, *, encoder: Encoder, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self._encoder = encoder
        self._on_outbox: Callable[[], None] | None = None
        self._shared = SharedCommit(self.transaction)

    def wake_with(self, on_outbox: Callable[[], None]) -> None:
        """Call this after each COMMIT that left messages in the outbox (in-process signal, no NOTIFY)."""
        self._on_outbox = on_outbox

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """Open a transaction; COMMIT when the block ends, ROLLBACK when it raises. Answer only after it closed."""
        async with self.engine.connect() as connection, connection.begin():
            work = UnitOfWork(connection, self._encoder, self.clock)
            yield work
            has_messages = await work.flush()
        work.committed()
        if has_messages and self._on_outbox is not None:
            self._on_outbox()

    async def share(self, command: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run a small command, which may run twice before it is committed, in a transaction others may share.

        Return its result after COMMIT. Raises what it raises; a neighbour's error is never its own.
        """
        return await self._shared.run(command)

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()


def create_engine(
    server_url: str, database: str, *, pool_size: int = 10, command_seconds: float | None = _COMMAND_SECONDS
) -> AsyncEngine:
    """Return an async engine for one database of the server `server_url` names.

    Accepts `postgresql://…` and turns it into the asyncpg dialect; a `host=` query may name a socket directory.
    Sessions get `lock_timeout` 5 s, `idle_in_transaction_session_timeout` 60 s and the UTC time zone.
    Raises `StartupError` when it is no URL.
    """
    try:
        url = make_url(server_url).set(drivername="postgresql+asyncpg", database=database)
    except (ArgumentError, ValueError):  # a port that is no number, say; the texts of both quote the URL
        raise StartupError(
            "UNAVEZ_DATABASE_URL no es una dirección / is no address: postgresql://rol@servidor:5432"
        ) from None
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=False,
        connect_args={
            # A server that no longer answers (half-open, frozen) is an error after this, not a wait for ever.
            "command_timeout": command_seconds,
            "timeout": _CONNECT_SECONDS,
            "server_settings": {
                "application_name": database,
                "timezone": "UTC",
                "lock_timeout": "5000",
                "idle_in_transaction_session_timeout": "60000",
            },
        },
    )


@asynccontextmanager
async def reached(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Yield a connection, as a start-up check wants it. Raises `StartupError` when the database lets nobody in."""
    try:
        connection = await engine.connect()
    except UNREACHABLE as error:
        raise unreachable(str(engine.url.database), error) from None
    async with aclosing(connection):
        yield connection


def unreachable(database: str, error: BaseException) -> StartupError:
    """Return why nothing starts without that database, and what to do. The class of the error, never its text."""
    kind = type(getattr(error, "orig", None) or error).__name__
    return StartupError(
        f"la base de datos {database} no responde o no deja entrar ({kind}): revise que PostgreSQL esté en marcha, "
        f"UNAVEZ_DATABASE_URL, y que `migrate` haya corrido / the database {database} does not answer or lets nobody "
        "in: see that PostgreSQL runs, UNAVEZ_DATABASE_URL, and that `migrate` has run"
    )


def sqlstate(error: BaseException) -> Any:
    """Return the SQLSTATE of a database error, however deep the driver wrapped it; None when it has none."""
    return getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
