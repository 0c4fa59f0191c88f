"""Settings every service has. Built once at start-up; nothing reads the environment at import."""

from __future__ import annotations

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


class ProcessRole(StrEnum):
    """What one process of a service does."""

    ALL = "all"
    API = "api"
    WORKER = "worker"


class ServiceSettings(BaseSettings):
    """Read from `UNAVEZ_*`; a service adds its own fields in its `settings.py`."""

    model_config = SettingsConfigDict(env_prefix="UNAVEZ_", extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    """Where the outside reaches us, without a trailing slash: packet and plan links start with it."""
    database_url: SecretStr
    """Server and role; the database's own name is each service's (`unavez_intake`, …)."""
    amqp_url: SecretStr | None = None
    """None = the in-process bus, which only the one-process composition can use."""
    process_role: ProcessRole = ProcessRole.ALL
    demo: bool = False
    """Born `demo` or `real`: stored in every database and never mixed (SAFETY N18)."""
    test_clock: Path | None = None
    """Demo only."""
    sealing_keys_dir: Path
    """Holds `<family>.json` of the families this service speaks or hears, and its signing key."""
    audit_key_file: Path
    oidc_issuer: str | None = None
    oidc_audience: str = "unavez"
    oidc_claims: str | None = None
    """`role=…,organization_id=…`: names of the claims at a foreign issuer."""
    jwks_file: Path | None = None
    """Public keys of the local issuer; used when no `oidc_issuer` is set."""
    rate_limit: int = 1000
    """Requests a second for each token, five times as many after a pause."""
    anonymous_rate_limit: Annotated[int, Field(ge=1)] = 100
    """Requests a second of everybody without a token together, five times as many after a pause."""
    webhook_allow_networks: Networks = []
    metrics_host: str = "127.0.0.1"
    """Who can reach it reads when things happen: loopback, or an inner network that only Prometheus shares."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 = off. A port of its own: `/metrics` is never where the outside comes in."""
    duty_organization: Annotated[UUID, AfterValidator(_somebody)] | None = None
    """Its coordinators answer for third-party reports (SAFETY N10); None = nobody reads them, and `doctor` fails."""
    log_level: str = "INFO"
    database_pool_size: int = 10
