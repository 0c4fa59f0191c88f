"""Settings every service has. Built once at start-up; nothing reads the environment at import.

The text under a field is what `docs/settings.md` says of it: `unavez contracts write` writes that page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from unavez_shared.contracts.actor import NOBODY


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _somebody(organization_id: UUID) -> UUID:
    if organization_id == NOBODY:
        raise ValueError("nobody's organization")
    return organization_id


Networks = Annotated[list[IPv4Network | IPv6Network], NoDecode, BeforeValidator(_split)]
"""CIDRs separated by commas: `127.0.0.0/8,10.1.0.0/16`."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Metadata of a field: the unit of its number, or what its text is, where the type does not say it."""

    name: str


Port = Annotated[int, Field(ge=1, le=65535), Unit("TCP port")]


class ProcessRole(StrEnum):
    """What one process of a service does."""

    ALL = "all"
    API = "api"
    WORKER = "worker"


class ServiceSettings(BaseSettings):
    """Read from `UNAVEZ_*`; a service adds its own fields in its `settings.py`."""

    model_config = SettingsConfigDict(
        env_prefix="UNAVEZ_", extra="ignore", env_ignore_empty=True, use_attribute_docstrings=True
    )

    host: Annotated[str, Unit("address")] = "127.0.0.1"
    """Where HTTP listens."""
    port: Port = 8000
    """Where HTTP listens."""
    public_url: Annotated[str, Unit("URL")] = "http://127.0.0.1:8000"
    """Where the outside reaches us, without a trailing slash: packet and plan links start with it."""
    database_url: Annotated[SecretStr, Unit("URL, secret")]
    """Server and role; the database's own name is each service's (`unavez_intake`, …)."""
    amqp_url: Annotated[SecretStr | None, Unit("URL, secret")] = None
    """RabbitMQ. Without it the in-process bus, which only the one-process composition can use."""
    process_role: ProcessRole = ProcessRole.ALL
    """What this process does: HTTP, background work, or both."""
    demo: bool = False
    """Born `demo` or `real`: stored in every database and never mixed (SAFETY N18)."""
    test_clock: Path | None = None
    """Demo only: a file with the seconds the clock is ahead."""
    sealing_keys_dir: Path
    """Holds `<family>.json` of the event families this service publishes or consumes, and its signing key."""
    audit_key_file: Path
    """The key of the audit's seals."""
    oidc_issuer: Annotated[str | None, Unit("URL")] = None
    """The OpenID Connect issuer, exactly as it calls itself. With it the local issuer is silent: its tokens are
    refused, its key set is not shown, `unavez token` prints none."""
    oidc_audience: Annotated[str, Unit("text")] = "unavez"
    """The `aud` every token must have."""
    oidc_claims: Annotated[str | None, Unit("text")] = None
    """`role=…,organization_id=…`: names of the claims at a foreign issuer."""
    jwks_file: Path | None = None
    """Public keys of the local issuer; used when no `UNAVEZ_OIDC_ISSUER` is set."""
    rate_limit: Annotated[int, Unit("requests per second")] = 1000
    """For each token, five times as many after a pause."""
    anonymous_rate_limit: Annotated[int, Field(ge=1), Unit("requests per second")] = 100
    """For everybody without a token together, five times as many after a pause."""
    webhook_allow_networks: Annotated[Networks, Unit("CIDRs, comma-separated")] = []
    """Private networks webhooks may go to; without it, public addresses only."""
    metrics_host: Annotated[str, Unit("address")] = "127.0.0.1"
    """Who can reach it reads when things happen: loopback, or an inner network that only Prometheus shares."""
    metrics_port: Annotated[int, Field(ge=0, le=65535), Unit("TCP port")] = 0
    """0 = off. A port of its own: `/metrics` is never where the outside comes in."""
    duty_organization: Annotated[UUID, AfterValidator(_somebody)] | None = None
    """Its coordinators answer for third-party reports (SAFETY N10). Without it nobody reads them and `doctor` fails."""
    log_level: Annotated[str, Unit("`DEBUG`, `INFO`, `WARNING` or `ERROR`")] = "INFO"
    """The least a log line must be to be written."""
    database_pool_size: Annotated[int, Unit("connections")] = 10
    """Kept open to each database; twice as many at most."""
