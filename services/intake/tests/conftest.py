"""Fixtures of intake's tests: a running service over real PostgreSQL, and a synthetic interview."""

from __future__ import annotations

import asyncio
import copy
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from unavez_intake.app import create_service
from unavez_intake.settings import Settings
from unavez_shared.clock import SystemClock
from unavez_shared.contracts import events
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import CaseState, Grant, ReferralScope, ReferralState
from unavez_shared.contracts.events import EventType, consumed_by, families_of
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import Message, Outcome
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.testing.databases import create_migrated
from unavez_shared.testing.http import running
from unavez_shared.testing.messaging import without_signature
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.issuer import LocalIssuer

ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")
AGENCY = UUID("22222222-2222-4222-8222-222222222222")
WORKER = "trabajadora-1"

SYNTHETIC: Mapping[str, Any] = {
    "client_record_id": "registro-sintetico-0001",
    "status": "complete",
    "captured_at": "2026-11-20T15:04:00-05:00",
    "captured_offline": False,
    "form_version": "pe-2026.1",
    "interviewer_code": "CW-12",
    "interview_language": "quz",
    "interpreter": "professional",
    "companions": "none",
    "present": True,
    "identity": {
        "name": "Ficticia Inventada Demo",
        "preferred_name": "Fici",
        "document": {"type": "DNI", "number": "99999901", "country": "PE"},
        "birth_date": "2009-02-01",
    },
    "safe_contact": {
        "allowed": False,
        "methods": ["in_person"],
        "value": "contacto-inventado-77",
        "hours": "solo de dia ficticio",
        "code_word": "palabra-clave-inventada",
    },
    "case_word": "palabra-del-caso-inventada",
    "legal_address": {"organization_id": "33333333-3333-4333-8333-333333333333"},
    "facts": {
        "gender": "F",
        "incident": ["TRAF"],
        "exploitation": "SEX",
        "lang": "quz",
        "spanish_ok": False,
        "children_with": 1,
        "needs_shelter": True,
        "danger": "possible",
        "sv_hours": 40,
        "suicide": "some",
    },
    "places": {
        "current": "170101",
        "exploitation": "170102",
        "origin": "081201",
        "current_exact": "calle-inventada-123",
    },
    "account": "relato-completo-inventado",
    "account_summary": "resumen-inventado",
    "details": {
        "crime": "detalle-delito-inventado",
        "health": "detalle-salud-inventado",
        "compelled_acts": "actos-forzados-inventados",
    },
    "dependants": [{"ref": "d1", "age": 3, "sex": "F", "with_her": True, "health_note": "nota-inventada"}],
    "suspects": [{"ref": "s1", "alias": "alias-inventado", "relation": "employer", "features": "rasgos-inventados"}],
    "sites": [{"ubigeo": "170102", "km": 108, "alias": "sitio-inventado", "from": "marzo", "to": "junio"}],
    "evidence": [{"ref": "e1", "kind": "foto", "described": "indicio-inventado", "held_by": "guardado-inventado"}],
    "prior": [{"kind": "denuncia", "institution_type": "PNP", "on": "2025-03-17", "ref": "previo-inventado"}],
    "reporter": {"name": "Reportera Inventada", "contact": "contacto-reportera-inventado"},
    "declined": ["/identity/document/number"],
    "duty_notice": {"told_at": "2026-11-20T15:00:00-05:00", "language": "quz", "reaction": "agreed"},
    "consent_all_proposed": True,
    "avoid": {"organization_ids": [], "service_types": ["JUS-PNP"], "people": "persona-evitada-inventada"},
    "confirmed_by": "CW-12",
}
"""A synthetic interview: no real person, place of a person, or number."""


@dataclass
class Intake:
    """A running intake service, its neighbours' voices, and callers."""

    client: httpx.AsyncClient
    service: ServiceApp
    issuer: LocalIssuer
    router: EventCodec
    notifier: EventCodec
    heard: asyncio.Queue[Event[Any]] = field(default_factory=asyncio.Queue)
    """What the router heard."""
    agency: UUID = AGENCY

    def bearer(
        self, role: Role = Role.FRONTLINE, organization: UUID = ORGANIZATION, subject: str = WORKER
    ) -> dict[str, str]:
        token = self.issuer.token(role=role, organization_id=organization, subject=subject)
        return {"Authorization": f"Bearer {token}"}

    async def post(self, body: Any, **caller: Any) -> httpx.Response:
        return await self.client.post("/v1/intakes", json=body, headers=self.bearer(**caller))

    async def packet(self, referral_id: UUID, query: str = "", organization: UUID = AGENCY) -> httpx.Response:
        headers = self.bearer(Role.AGENCY, organization, "agente-1")
        return await self.client.get(f"/v1/packets/{referral_id}{query}", headers=headers)

    async def sheet(self, referral_id: UUID, query: str = "", **caller: Any) -> httpx.Response:
        return await self.client.get(f"/v1/referrals/{referral_id}/sheet{query}", headers=self.bearer(**caller))

    async def say(self, kind: EventType[Any], data: Any, *, subject: UUID | None = None, sequence: int = 1) -> None:
        """Let the router say something, and intake hear it."""
        await self.hear(self._sealed(kind, data, subject or data.referral_id, sequence))

    async def hear(self, *messages: Message) -> None:
        """Present messages as one batch."""
        assert self.service.runtime.inbox is not None
        assert await self.service.runtime.inbox.handle(messages) == [Outcome.DONE] * len(messages)

    def _sealed(self, kind: EventType[Any], data: Any, subject: UUID, sequence: int) -> Message:
        return self.router.encode(Event(uuid7(), kind, str(subject), datetime.now(UTC), sequence, data))

    async def refer(self, state: ReferralState) -> None:
        """Say the event that belongs to the referral's status."""
        await self.say(EVENT_OF[state.status], state, sequence=state.version)

    async def forge(self, state: ReferralState) -> None:
        """Say the event of the status as whoever holds the family's key can: without the router's signature."""
        await self.say(without_signature(EVENT_OF[state.status]), state, sequence=state.version)

    async def rescope(self, state: ReferralState, scope_version: int, **changes: Any) -> None:
        """Say that the packet of a referral may show something else; its version stays."""
        scope = ReferralScope(**dict(state) | changes, scope_version=scope_version)
        await self.say(events.REFERRAL_RESCOPED, scope, sequence=scope_version)

    async def refer_at_once(self, *states: ReferralState) -> None:
        """Say several, each by the event of its status, in one batch."""
        await self.hear(
            *(self._sealed(EVENT_OF[state.status], state, state.referral_id, state.version) for state in states)
        )

    async def next_event(self) -> Event[Any]:
        """Return what the router heard, in the order it did."""
        async with asyncio.timeout(10):
            return await self.heard.get()

    async def next_case(self) -> CaseState:
        """Return the state of the next case the router heard of."""
        data = (await self.next_event()).data
        assert isinstance(data, CaseState)
        return data

    async def rows(self, sql: str) -> list[Any]:
        async with self.service.runtime.database.engine.connect() as connection:
            return list(await connection.exec_driver_sql(sql))

    @staticmethod
    def referral(case_id: UUID, service_type: str, categories: list[str], **changes: Any) -> ReferralState:
        """Return an offered referral as the router would say it."""
        now = datetime.now(UTC)
        state = {
            "referral_id": uuid4(),
            "referral_code": "K7M3-9QXD",
            "case_id": case_id,
            "organization_id": AGENCY,
            "team_organization_id": ORGANIZATION,
            "service_type": service_type,
            "purpose": "Atención",
            "status": "requested",
            "version": 1,
            "urgency": "urgent",
            "district": "17",
            "due_at": now + timedelta(hours=24, seconds=17),
            "respond_by": now + timedelta(hours=6, seconds=23),
            "offered_at": now,
            "grants": [Grant(rule_id="M1", basis="legal_duty", categories=categories, open=True)],
            "handling": ["NO-NEW-NARRATIVE"],
            "organization_entered_at": now,
            "demo": True,
        }
        return ReferralState.model_validate(state | changes)

    @staticmethod
    def moved(state: ReferralState, status: str, **changes: Any) -> ReferralState:
        """Return the same referral one step later."""
        return state.model_copy(update={"status": status, "version": state.version + 1} | changes)


EVENT_OF = {
    "requested": events.REFERRAL_OFFERED,
    "accepted": events.REFERRAL_ACCEPTED,
    "rejected": events.REFERRAL_DECLINED,
    "expired": events.REFERRAL_EXPIRED,
    "in-progress": events.REFERRAL_STARTED,
    "on-hold": events.REFERRAL_HELD,
    "completed": events.REFERRAL_COMPLETED,
    "failed": events.REFERRAL_FAILED,
    "cancelled": events.REFERRAL_CANCELLED,
    "entered-in-error": events.REFERRAL_ENTERED_IN_ERROR,
}


@pytest.fixture
def body() -> dict[str, Any]:
    """Return a synthetic interview to change at will, under a record id of its own."""
    return copy.deepcopy(dict(SYNTHETIC)) | {"client_record_id": str(uuid4())}


Start = Callable[..., AbstractAsyncContextManager[Intake]]


@pytest.fixture
async def start(fresh_databases: str, key_material: Path, tmp_path: Path) -> Start:
    """Return what starts intake on empty databases; keyword arguments change its settings."""
    await create_migrated(fresh_databases, Service.INTAKE.database, "unavez_intake")
    await create_migrated(fresh_databases, KEYS_DATABASE, "unavez_shared.privacy.keys")
    shutil.copytree(key_material, tmp_path, dirs_exist_ok=True)
    issuer = LocalIssuer(tmp_path / "issuer.json")

    @asynccontextmanager
    async def started(**changes: Any) -> AsyncIterator[Intake]:
        chosen: dict[str, Any] = {
            "database_url": SecretStr(fresh_databases),
            "sealing_keys_dir": tmp_path / "keys",
            "audit_key_file": tmp_path / "audit.json",
            "kek_file": tmp_path / "kek.json",
            "jwks_file": tmp_path / "jwks.json",
            "demo": True,
            "database_pool_size": 5,
        }
        hub = EmbeddedBus()
        service = create_service(Settings(**(chosen | changes)), bus=hub.connect(Service.INTAKE))
        codecs = {each: _codec(tmp_path / "keys", each) for each in (Service.REFERRAL_ROUTER, Service.NOTIFIER)}
        router = codecs[Service.REFERRAL_ROUTER]
        async with running(service) as client:
            intake = Intake(client, service, issuer, router, codecs[Service.NOTIFIER])
            bus = hub.connect(Service.REFERRAL_ROUTER)

            async def hear(messages: Any) -> list[Outcome]:
                for message in messages:
                    intake.heard.put_nowait(router.decode(message.body))
                return [Outcome.DONE] * len(messages)

            await bus.consume(
                Service.REFERRAL_ROUTER, frozenset(kind.name for kind in consumed_by(Service.REFERRAL_ROUTER)), hear
            )
            yield intake
            await bus.close()

    return started


@pytest.fixture
async def intake(start: Start) -> AsyncIterator[Intake]:
    """Return a running demo intake."""
    async with start() as running_intake:
        yield running_intake


def _codec(keys: Path, service: Service) -> EventCodec:
    keyring = SealingKeyring.load(keys, families_of(service), SystemClock())
    return EventCodec(service, keyring, SigningKeys.load(keys, service))
