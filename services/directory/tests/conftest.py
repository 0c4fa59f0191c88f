"""Fixtures of the directory's tests: keys, settings, and a running service over real PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import select

from unavez_directory.app import create_service
from unavez_directory.operations import import_directory
from unavez_directory.settings import Settings
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.audit import create_audit_key
from unavez_shared.persistence.tables import audit, outbox
from unavez_shared.privacy.sealing import SealingKeyring, create_key_material
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.settings import ProcessRole
from unavez_shared.testing.databases import create_migrated, put_away
from unavez_shared.testing.http import running
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.issuer import LocalIssuer

EDITOR_ORGANIZATION = UUID("6f0f5f2e-0000-4000-8000-000000000001")


@dataclass(frozen=True)
class Keys:
    """Key material of one test run."""

    sealing: Path
    audit: Path
    jwks: Path
    issuer: LocalIssuer


@dataclass(frozen=True)
class Running:
    """A running directory and what a test needs around it."""

    client: httpx.AsyncClient
    service: ServiceApp
    settings: Settings
    keys: Keys

    def bearer(self, role: Role, organization_id: UUID = EDITOR_ORGANIZATION) -> dict[str, str]:
        """Return the header of a caller."""
        token = self.keys.issuer.token(role=role, organization_id=organization_id, subject="tester")
        return {"Authorization": f"Bearer {token}"}

    async def post_bundle(self, bundle: dict[str, Any]) -> httpx.Response:
        """Import as an editor."""
        return await self.client.post("/v1/imports", json=bundle, headers=self.bearer(Role.DIRECTORY_EDITOR))

    async def events(self) -> list[Event[Any]]:
        """Open every event in the outbox as the router would, in order."""
        keyring = SealingKeyring.load(self.keys.sealing, families_of(Service.REFERRAL_ROUTER), SystemClock())
        codec = EventCodec(
            Service.REFERRAL_ROUTER, keyring, SigningKeys.load(self.keys.sealing, Service.REFERRAL_ROUTER)
        )
        async with self.service.runtime.database.engine.connect() as connection:
            rows = await connection.execute(select(outbox.c.body).order_by(outbox.c.id))
            return [codec.decode(row.body) for row in rows]

    async def audited(self) -> list[str]:
        """Return the audited actions, in order."""
        async with self.service.runtime.database.engine.connect() as connection:
            return list((await connection.execute(select(audit.c.action).order_by(audit.c.id))).scalars())


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    create_key_material(folder / "sealing", day=datetime.now(UTC).date())
    create_audit_key(folder / "audit.key")
    issuer = LocalIssuer(folder / "issuer.json")
    issuer.write_jwks(folder / "jwks.json")
    return Keys(folder / "sealing", folder / "audit.key", folder / "jwks.json", issuer)


@pytest.fixture(scope="session")
def settings_for(keys: Keys) -> Callable[..., Settings]:
    """Return the settings of a directory over one server; its relay rests, so events stay in the outbox."""

    def build(server_url: str, **more: Any) -> Settings:
        values: dict[str, Any] = {
            "database_url": SecretStr(server_url),
            "sealing_keys_dir": keys.sealing,
            "audit_key_file": keys.audit,
            "jwks_file": keys.jwks,
            "demo": True,
            "process_role": ProcessRole.API,
        }
        return Settings(**(values | more))

    return build


@pytest_asyncio.fixture
async def directory(fresh_databases: str, settings_for: Callable[..., Settings], keys: Keys) -> AsyncIterator[Running]:
    """An empty demo directory."""
    async with started(settings_for(fresh_databases), keys) as running_directory:
        yield running_directory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo_directory(
    postgres: Any, settings_for: Callable[..., Settings], keys: Keys, bundle: dict[str, Any]
) -> AsyncIterator[Running]:
    """The demo directory, imported once for the module, with one more hidden house that has a telling name."""
    await put_away(postgres.url)
    settings = settings_for(postgres.url)
    async with started(settings, keys) as running_directory:
        await import_directory(settings, bundle)
        yield running_directory


@asynccontextmanager
async def started(settings: Settings, keys: Keys) -> AsyncIterator[Running]:
    await create_migrated(settings.database_url.get_secret_value(), "unavez_directory", "unavez_directory")
    service = create_service(settings, bus=EmbeddedBus().connect(Service.DIRECTORY))
    async with running(service) as client:
        yield Running(client, service, settings, keys)


@pytest.fixture(scope="session")
def start() -> Any:
    """Start a directory with settings of the test's own."""
    return started


@pytest.fixture(scope="session")
def bundle() -> dict[str, Any]:
    """The demo bundle; tests that change it take a copy."""
    from unavez_directory.demo import demo_bundle

    return demo_bundle()


@pytest.fixture(scope="session")
def vignettes() -> list[dict[str, Any]]:
    """The five visible cases (synthetic)."""
    path = Path(__file__).parents[3] / "tests" / "data" / "vignettes.json"
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["vignettes"]
    return cases


@pytest.fixture
def small_bundle() -> dict[str, Any]:
    """One women's centre and the hidden house it answers for. Synthetic."""
    centre, house, place, hidden_place = (str(uuid4()) for _ in range(4))
    return {
        "schema": "unavez-directory/1",
        "fictional": True,
        "organizations": [
            {"id": centre, "name": "Centro Uno (ficticio)", "description": "Ficticio"},
            {"id": house, "name": "Casa Secreta Xyzzy (ficticia)", "description": "Ficticia"},
        ],
        "locations": [
            {"id": place, "organization_id": centre, "name": "Local", "ubigeo": "170101", "address": "s/n"},
            {"id": hidden_place, "organization_id": house, "name": "Plugh", "ubigeo": "170201", "address": "s/n"},
        ],
        "services": [
            {
                "id": str(uuid4()),
                "organization_id": centre,
                "service_type": "PRO-CEM",
                "name": "Atención (ficticia)",
                "description": "Ficticia",
                "tier": "public",
                "delivery": "system",
                "served_areas": ["17"],
                "location_id": place,
                "languages": ["spa", "quz"],
                "phone": "000 000 001",
                "phone_verified_on": date(2026, 6, 1).isoformat(),
            },
            {
                "id": str(uuid4()),
                "organization_id": house,
                "front_door_organization_id": centre,
                "service_type": "SHL-HRT",
                "name": "Hogar Xyzzy (ficticio)",
                "description": "Ficticio",
                "tier": "hidden",
                "delivery": "system",
                "served_areas": ["17"],
                "location_id": hidden_place,
                "accommodates": ["women", "family"],
                "capacity": {"unit": "bed", "available": 4, "maximum": 8},
            },
        ],
    }
