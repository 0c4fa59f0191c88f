"""A running referral router over real PostgreSQL; intake, directory and notifier are voices and ears of the test."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from unavez_referral_router.app import create_service
from unavez_referral_router.settings import Settings
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import CaseState, ServiceState
from unavez_shared.contracts.events import CASE_REGISTERED, SERVICE_PUBLISHED, EventType, consumed_by, families_of
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import BatchHandler, Outcome
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.testing.databases import create_migrated
from unavez_shared.testing.http import running
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.issuer import LocalIssuer

ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")
WORKER = "trabajadora-1"


class MovableClock:
    """The machine's clock, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Router:
    """A running router, its neighbours' voices, and callers."""

    client: httpx.AsyncClient
    service: ServiceApp
    issuer: LocalIssuer
    clock: MovableClock
    voices: dict[Service, EventCodec]
    heard: list[Event[Any]] = field(default_factory=list)
    """What the router said, in the order the notifier heard it."""
    intake_heard: list[Event[Any]] = field(default_factory=list)
    """What the router said, in the order intake heard it."""

    def bearer(
        self, role: Role = Role.FRONTLINE, organization: UUID = ORGANIZATION, subject: str = WORKER
    ) -> dict[str, str]:
        token = self.issuer.token(role=role, organization_id=organization, subject=subject)
        return {"Authorization": f"Bearer {token}"}

    def agency(self, organization: UUID | str) -> dict[str, str]:
        return self.bearer(Role.AGENCY, UUID(str(organization)), "agente-1")

    async def say(self, kind: EventType[Any], states: Iterable[tuple[str, int, Any]]) -> None:
        """Let the event's producer say something, and the router hear it in micro-batches."""
        assert self.service.runtime.inbox is not None
        voice = self.voices[kind.producer]
        messages = [
            voice.encode(
                Event(
                    id=uuid7(),
                    event_type=kind,
                    subject=subject,
                    time=datetime.now(UTC),
                    sequence=sequence,
                    data=data,
                )
            )
            for subject, sequence, data in states
        ]
        for start in range(0, len(messages), 50):
            batch = messages[start : start + 50]
            assert await self.service.runtime.inbox.handle(batch) == [Outcome.DONE] * len(batch)

    async def register(self, facts: dict[str, Any], places: dict[str, Any], **changes: Any) -> CaseState:
        """Let intake register a case: all agreed, told, confirmed by the worker, unless said otherwise."""
        state = case_state(facts, places, **changes)
        await self.say(CASE_REGISTERED, [(str(state.case_id), 1, state)])
        return state

    async def plan(self, case: CaseState) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/cases/{case.case_id}/plan", headers=self.bearer())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def row(self, case: CaseState, service_type: str) -> dict[str, Any]:
        plan = await self.plan(case)
        return next(row for row in plan["referrals"] if row["service_type"] == service_type)

    async def referral(self, referral_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.client.get(f"/v1/referrals/{referral_id}", headers=headers or self.bearer())
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def move(
        self, referral_id: str, to: str, version: int, headers: dict[str, str], **more: Any
    ) -> httpx.Response:
        body = {"to": to, "expected_version": version, **more}
        return await self.client.post(f"/v1/referrals/{referral_id}/transitions", json=body, headers=headers)

    async def until_heard(self, wanted: Callable[[Event[Any]], bool], *, by_intake: bool = False) -> Event[Any]:
        """Return the first event of this kind the notifier, or intake, heard."""
        async with asyncio.timeout(10):
            while True:
                for event in self.intake_heard if by_intake else self.heard:
                    if wanted(event):
                        return event
                await asyncio.sleep(0.01)

    async def table(self, name: str) -> list[dict[str, Any]]:
        async with self.service.runtime.database.engine.connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608

    async def rows(self, sql: str) -> list[Any]:
        async with self.service.runtime.database.engine.connect() as connection:
            return list(await connection.exec_driver_sql(sql))


def case_state(facts: dict[str, Any], places: dict[str, Any], **changes: Any) -> CaseState:
    state: dict[str, Any] = {
        "case_id": uuid4(),
        "intake_id": uuid4(),
        "case_code": "K7M3-9QXD",
        "organization_id": ORGANIZATION,
        "team": [WORKER],
        "status": "complete",
        "captured_at": datetime.now(UTC),
        "demo": True,
        "facts": facts,
        "places": places,
        "consent_all_proposed": True,
        "duty_notice_given": True,
        "confirmed_by": WORKER,
    }
    return CaseState.model_validate(state | changes)


Start = Callable[..., AbstractAsyncContextManager[Router]]


@pytest.fixture
async def start(fresh_databases: str, key_material: Path, tmp_path: Path) -> Start:
    """Return what starts the router on empty databases."""
    await create_migrated(fresh_databases, Service.REFERRAL_ROUTER.database, "unavez_referral_router")
    await create_migrated(fresh_databases, KEYS_DATABASE, "unavez_shared.privacy.keys")
    shutil.copytree(key_material, tmp_path, dirs_exist_ok=True)
    issuer = LocalIssuer(tmp_path / "issuer.json")

    @asynccontextmanager
    async def started(**changes: Any) -> AsyncIterator[Router]:
        chosen: dict[str, Any] = {
            "database_url": SecretStr(fresh_databases),
            "sealing_keys_dir": tmp_path / "keys",
            "audit_key_file": tmp_path / "audit.json",
            "kek_file": tmp_path / "kek.json",
            "jwks_file": tmp_path / "jwks.json",
            "demo": True,
            "rate_limit": 100_000,
        }
        hub, clock = EmbeddedBus(), MovableClock()
        service = create_service(Settings(**(chosen | changes)), bus=hub.connect(Service.REFERRAL_ROUTER), clock=clock)
        voices: dict[Service, EventCodec] = {
            each: _codec(tmp_path / "keys", each) for each in Service if each is not Service.REFERRAL_ROUTER
        }
        async with running(service) as client:
            router = Router(client, service, issuer, clock, voices)
            ears = [hub.connect(Service.INTAKE), hub.connect(Service.NOTIFIER)]

            def note(ear: Service, heard: list[Event[Any]]) -> BatchHandler:
                async def listener(messages: Any) -> list[Outcome]:
                    heard.extend(voices[ear].decode(message.body) for message in messages)
                    return [Outcome.DONE] * len(messages)

                return listener

            heard = {Service.INTAKE: router.intake_heard, Service.NOTIFIER: router.heard}
            for bus, (ear, events) in zip(ears, heard.items(), strict=True):
                await bus.consume(ear, frozenset(kind.name for kind in consumed_by(ear)), note(ear, events))
            yield router
            for bus in ears:
                await bus.close()

    return started


@pytest.fixture(scope="session")
def heard_directory() -> dict[str, bytes]:
    """The tables the demo directory fills, as the first router of this run filled them."""
    return {}


@pytest.fixture
async def router(
    start: Start, demo_states: list[ServiceState], heard_directory: dict[str, bytes]
) -> AsyncIterator[Router]:
    """Return a running demo router that knows the demo directory: heard once a run, copied from then on."""
    async with start() as running_router:
        if heard_directory:
            await _restore(running_router, heard_directory)
        else:
            await running_router.say(SERVICE_PUBLISHED, ((str(state.service_id), 1, state) for state in demo_states))
            heard_directory.update(await _copy(running_router))
        yield running_router


async def _copy(router: Router) -> dict[str, bytes]:
    copies = {}
    async with router.service.runtime.database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        for table in ("services", "projection"):
            await driver.copy_from_table(table, output=(copied := BytesIO()), format="binary")
            copies[table] = copied.getvalue()
    return copies


async def _restore(router: Router, copies: dict[str, bytes]) -> None:
    async with router.service.runtime.database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.execute("TRUNCATE services, projection")
        for table, copied in copies.items():
            await driver.copy_to_table(table, source=BytesIO(copied), format="binary")


def _codec(keys: Path, service: Service) -> EventCodec:
    keyring = SealingKeyring.load(keys, families_of(service), SystemClock())
    return EventCodec(service, keyring, SigningKeys.load(keys, service))


@pytest.fixture
def case_of() -> Callable[..., CaseState]:
    """Return what makes a case of a vignette."""
    return lambda vignette, **changes: case_state(vignette["facts"], vignette["places"], **changes)
