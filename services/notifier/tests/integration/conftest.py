"""A notifier with a real database, an in-process bus and real HTTP receivers. Everything in here is synthetic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.app import create_service
from unavez_notifier.settings import Settings
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import EventData, ReferralState
from unavez_shared.contracts.events import EventType
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import BatchHandler, Message, Outcome, ReceiptHandler
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.audit import create_audit_key
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.sealing import SealingKeyring, create_key_material
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.testing.databases import create_migrated
from unavez_shared.testing.http import running
from unavez_shared.web.issuer import LocalIssuer
from unavez_shared.web.server import ServiceApp


async def eventually(check: Callable[[], Awaitable[Any]], *, seconds: float = 15) -> Any:
    """Return what `check` finds as soon as it is true; fail after the deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await check()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.02)
    return found


class ShiftedClock:
    """A clock a test moves."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Line:
    """A bus of one queue: what the test says, the notifier hears; what the notifier says, the test collects."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self._handler: BatchHandler | None = None
        self.confirms_effects = True

    async def start(self) -> None:
        return None

    async def publish(self, messages: Any) -> list[bool]:
        self.said += messages
        return [True] * len(messages)

    async def consume(self, _service: Service, _routing_keys: frozenset[str], handler: BatchHandler) -> None:
        self._handler = handler

    async def stop_consuming(self, _service: Service) -> None:
        self._handler = None

    async def hear_receipts(self, _apply: ReceiptHandler) -> None:
        return None

    async def count_waiting(self, _hearer: Service) -> int | None:
        return 0

    async def close(self) -> None:
        return None

    def is_ready(self) -> bool:
        return True

    async def hear(self, messages: list[Message]) -> None:
        assert self._handler is not None
        for start in range(0, len(messages), 50):
            batch = messages[start : start + 50]
            assert await self._handler(batch) == [Outcome.DONE] * len(batch)


@dataclass
class Keys:
    """The key files of one installation, and the codecs of its services."""

    directory: Path
    issuer: LocalIssuer

    def codec(self, service: Service, families: frozenset[str]) -> EventCodec:
        keyring = SealingKeyring.load(self.directory, families, SystemClock())
        return EventCodec(service, keyring, SigningKeys.load(self.directory, service))

    def settings(self, server_url: str, **changed: Any) -> Settings:
        values: dict[str, Any] = {
            "database_url": server_url,
            "sealing_keys_dir": self.directory,
            "audit_key_file": self.directory / "audit.key",
            "kek_file": self.directory / "kek.json",
            "jwks_file": self.directory / "jwks.json",
            "demo": True,
            "webhook_allow_networks": [ip_network("127.0.0.0/8")],
            "public_url": "http://unavez.example",
            **changed,
        }
        return Settings(**values)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    directory = tmp_path_factory.mktemp("keys")
    create_key_material(directory, day=datetime.now(UTC).date())
    create_audit_key(directory / "audit.key")
    KeyEncryptionKey.create_file(directory / "kek.json")
    issuer = LocalIssuer(directory / "issuer.json")
    issuer.write_jwks(directory / "jwks.json")
    return Keys(directory, issuer)


@dataclass
class Notifier:
    """One running notifier with everything a test asks it."""

    service: ServiceApp
    client: httpx.AsyncClient
    line: Line
    keys: Keys
    clock: ShiftedClock
    codec: EventCodec = field(init=False)

    def __post_init__(self) -> None:
        self.codec = self.keys.codec(Service.NOTIFIER, frozenset({"delivery"}))

    @property
    def stores(self) -> Stores:
        """What the service's commands read and write."""
        found: Stores = self.service.app.state.resources.stores
        return found

    def headers(self, organization_id: UUID, role: Role = Role.AGENCY, subject: str = "SYNTHETIC-1") -> dict[str, str]:
        token = self.keys.issuer.token(role=role, organization_id=organization_id, subject=subject)
        return {"Authorization": f"Bearer {token}"}

    async def ask(
        self,
        method: str,
        path: str,
        organization_id: UUID,
        *,
        role: Role = Role.AGENCY,
        subject: str = "SYNTHETIC-1",
        json: Any = None,
    ) -> httpx.Response:
        headers = self.headers(organization_id, role, subject)
        return await self.client.request(method, path, headers=headers, json=json, timeout=40)

    async def feed(self, organization_id: UUID, *, query: str = "", **caller: Any) -> Any:
        response = await self.ask("GET", f"/v1/events{query}", organization_id, **caller)
        assert response.status_code == 200
        return response.json()

    async def subscribe(self, organization_id: UUID, endpoint: str, **fields: Any) -> Any:
        body = {"channel": "webhook", "endpoint": endpoint, **fields}
        response = await self.ask("POST", "/v1/subscriptions", organization_id, json=body)
        assert response.status_code == 201, response.text
        return response.json()

    async def hear(self, event_type: EventType[Any], *data: EventData, sequence: int | None = None) -> None:
        """Say events as their producer would, sealed and signed, and wait until they are applied."""
        codec = self.keys.codec(event_type.producer, frozenset({event_type.family}))
        await self.line.hear([codec.encode(_event(event_type, one, sequence)) for one in data])

    async def hear_at_once(self, *said: tuple[EventType[Any], EventData, int]) -> None:
        """Say events of several types, each with its sequence, so that they share one batch."""
        codecs = {kind: self.keys.codec(kind.producer, frozenset({kind.family})) for kind, _, _ in said}
        await self.line.hear([codecs[kind].encode(_event(kind, data, sequence)) for kind, data, sequence in said])

    async def said(self, event_type: EventType[Any]) -> list[Any]:
        """Return the data of the internal events of this type the notifier has published so far."""
        opener = self.keys.codec(Service.REFERRAL_ROUTER, frozenset({event_type.family}))
        events = [opener.decode(message.body) for message in self.line.said]
        return [event.data for event in events if event.event_type is event_type]

    async def status(self, organization_id: UUID, subscription_id: str) -> str:
        response = await self.ask("GET", f"/v1/subscriptions/{subscription_id}", organization_id)
        status: str = response.json()["status"]
        return status

    async def active(self, organization_id: UUID, subscription_id: str) -> None:
        async def check() -> bool:
            return await self.status(organization_id, subscription_id) == "active"

        await eventually(check)

    async def sql(self, statement: str) -> list[Any]:
        async with self.service.runtime.database.engine.begin() as connection:
            result = await connection.execute(text(statement))
            return list(result) if result.returns_rows else []


def _event(event_type: EventType[Any], data: EventData, sequence: int | None) -> Event[Any]:
    names = ("milestone_id", "service_id", "referral_id", "task_id", "unmet_id", "plan_id")
    subject = next(str(getattr(data, name)) for name in names if hasattr(data, name))
    return Event(
        id=uuid7(),
        event_type=event_type,
        subject=subject,
        time=datetime.now(UTC),
        sequence=getattr(data, "version", 1) if sequence is None else sequence,
        data=data,
    )


Start = Callable[..., Awaitable[Notifier]]


@pytest.fixture
async def start(fresh_databases: str, keys: Keys) -> AsyncIterator[Start]:
    """Start any number of notifiers on one database."""
    await create_migrated(fresh_databases, Service.NOTIFIER.database, "unavez_notifier")
    async with AsyncExitStack() as stack:

        async def started(**changed: Any) -> Notifier:
            line, clock = Line(), ShiftedClock()
            service = create_service(keys.settings(fresh_databases, **changed), bus=line, clock=clock)
            client = await stack.enter_async_context(running(service))
            return Notifier(service, client, line, keys, clock)

        yield started


@pytest.fixture
async def notifier(start: Start) -> Notifier:
    return await start()


@pytest.fixture
def offer() -> Callable[..., ReferralState]:
    """Make synthetic offers."""

    def make(organization_id: UUID, **changed: Any) -> ReferralState:
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "referral_id": uuid4(),
            "referral_code": "AAAA-BBBB",
            "case_id": uuid4(),
            "organization_id": organization_id,
            "team_organization_id": uuid4(),
            "service_type": "SHL-HRT",
            "purpose": "synthetic",
            "status": "requested",
            "version": 1,
            "urgency": "urgent",
            "district": "17",
            "due_at": now + timedelta(hours=24),
            "respond_by": now + timedelta(hours=6),
            "offered_at": now,
            "grants": [],
            "organization_entered_at": now,
            "demo": True,
            **changed,
        }
        return ReferralState(**values)

    return make


@pytest.fixture
def step() -> Callable[..., ReferralState]:
    """Return the same referral a step further."""

    def further(referral: ReferralState, **changed: Any) -> ReferralState:
        return referral.model_copy(update={"version": referral.version + 1, **changed})

    return further
