"""The four services in one process: the same apps, the same paths, one bus in memory or a real broker.

Order matters twice. Start: intake, directory, router, notifier, and the demo directory last, so that whoever sees
"ready" meets a router that already knows where help exists. Stop: the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from unavez_directory.app import create_service as create_directory
from unavez_directory.settings import Settings as DirectorySettings
from unavez_intake.app import create_service as create_intake
from unavez_intake.settings import Settings as IntakeSettings
from unavez_local.data_directory import DataDirectory, DataElsewhere, KeyPaths
from unavez_local.demo_world import FRONTLINE_ORGANIZATION
from unavez_local.issued_tokens import IssuedTokens
from unavez_notifier.app import create_service as create_notifier
from unavez_notifier.settings import Settings as NotifierSettings
from unavez_referral_router.app import create_service as create_router
from unavez_referral_router.settings import Settings as RouterSettings
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import Bus
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.persistence.audit import create_audit_key
from unavez_shared.persistence.migrations import upgrade
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.sealing import create_key_material
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.server import ServiceApp, read_settings
from unavez_shared.web.tokens import LocalIssuer

PACKAGES = {
    Service.INTAKE: "unavez_intake",
    Service.DIRECTORY: "unavez_directory",
    Service.REFERRAL_ROUTER: "unavez_referral_router",
    Service.NOTIFIER: "unavez_notifier",
}

SETTINGS: dict[Service, type[ServiceSettings]] = {
    Service.INTAKE: IntakeSettings,
    Service.DIRECTORY: DirectorySettings,
    Service.REFERRAL_ROUTER: RouterSettings,
    Service.NOTIFIER: NotifierSettings,
}

_CREATE: dict[Service, Callable[..., ServiceApp]] = {
    Service.INTAKE: create_intake,
    Service.DIRECTORY: create_directory,
    Service.REFERRAL_ROUTER: create_router,
    Service.NOTIFIER: create_notifier,
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What the commands need to reach one installation."""

    data: DataDirectory | DataElsewhere
    keys: KeyPaths
    database_url: str
    amqp_url: str | None = None
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"

    def settings(self, service: Service) -> Any:
        """Return one service's settings: ours by name, everything else from the environment.

        A demo without a duty organization has that of its cast (SAFETY N10). Ends when a setting is not valid.
        """
        settings = read_settings(
            partial(
                SETTINGS[service],
                port=self.port,
                public_url=self.public_url.rstrip("/"),
                database_url=SecretStr(self.database_url),
                amqp_url=SecretStr(self.amqp_url) if self.amqp_url else None,
                demo=self.data.demo,
                sealing_keys_dir=self.keys.sealing_dir,
                audit_key_file=self.keys.audit_key_file,
                kek_file=self.keys.kek_file,
                jwks_file=self.keys.jwks_file,
            )
        )
        if settings.demo and settings.duty_organization is None:
            return settings.model_copy(update={"duty_organization": FRONTLINE_ORGANIZATION})
        return settings


def create_keys(keys: KeyPaths) -> LocalIssuer:
    """Create every secret that is missing, never overwriting one; return the local issuer."""
    KeyEncryptionKey.create_file(keys.kek_file)
    create_key_material(keys.sealing_dir, day=SystemClock().now().date())
    create_audit_key(keys.audit_key_file)
    issuer = LocalIssuer(keys.issuer_file)
    issuer.write_jwks(keys.jwks_file)
    return issuer


async def migrate(database_url: str, report: Callable[[str], None]) -> None:
    """Create the five databases where they are missing and bring each to its newest schema."""
    report(KEYS_DATABASE)
    await upgrade(database_url, KEYS_DATABASE, "unavez_shared.privacy.keys")
    for service, package in PACKAGES.items():
        report(service.database)
        await upgrade(database_url, service.database, package)


def build_services(installation: Installation) -> list[ServiceApp]:
    """Build the four apps on one bus, in start order; intake also records the tokens that were issued here."""
    hub = EmbeddedBus()
    services = [
        _CREATE[service](installation.settings(service), bus=_bus(installation, hub, service)) for service in PACKAGES
    ]
    intake = next(each.runtime for each in services if each.service is Service.INTAKE)
    notes = IssuedTokens.beside(installation.keys)
    intake.loops = (*intake.loops, partial(notes.run, intake.database))
    return services


def _bus(installation: Installation, hub: EmbeddedBus, service: Service) -> Bus:
    if installation.amqp_url is None:
        return hub.connect(service)
    return RabbitBus(installation.amqp_url, service)


def default_data_directory() -> Path:
    """Return `.unavez/` beside the checkout we run from, or below the working directory."""
    return Path.cwd() / ".unavez"
