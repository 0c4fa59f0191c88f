"""What is examined: a whole installation of one process, or one service inside its container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from unavez_shared.clock import Clock, OffsetFileClock, SystemClock
from unavez_shared.contracts.services import CASE_KEY_HOLDERS, KEYS_DATABASE, Service
from unavez_shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Target:
    """Where to look. Nothing in here is opened until a check asks for it."""

    packages: Mapping[Service, str]
    """The services examined and their packages, which hold their migrations."""
    settings: ServiceSettings
    """Addresses, birth (SAFETY N18), key files and issuer: as these services have them."""
    kek_file: Path | None
    """None where no service examined holds a key-encryption key."""
    issuer_file: Path | None = None
    """Private key of the local issuer; None where it is not kept here."""
    data_directory: Path | None = None
    management_url: SecretStr | None = None
    """RabbitMQ's management API with credentials, `http://user:password@host:15672`; None = it cannot be asked."""
    service_urls: Mapping[Service, str] = field(default_factory=dict)
    """Where services answer, path included; empty = not known."""
    is_running: bool = False
    """Whether the services are known to run; what relays is noticed besides."""
    machine_clock: Clock = field(default_factory=SystemClock)

    @property
    def databases(self) -> dict[str, str]:
        """The databases of these services, each with the package of its migrations."""
        own = {service.database: package for service, package in self.packages.items()}
        return own | ({KEYS_DATABASE: "unavez_shared.privacy.keys"} if self.case_key_holders else {})

    @property
    def case_key_holders(self) -> list[Service]:
        """Those of these services that keep case keys."""
        return [service for service in self.packages if service in CASE_KEY_HOLDERS]

    @property
    def clock(self) -> Clock:
        """The clock the services go by: shifted in a demo that says so."""
        if self.settings.demo and self.settings.test_clock is not None:
            return OffsetFileClock(self.settings.test_clock)
        return self.machine_clock
