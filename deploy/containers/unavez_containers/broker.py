"""The broker's definitions of the catalogue, with this installation's virtual host and passwords."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, Final

from unavez_shared.contracts.services import Service
from unavez_shared.messaging import broker_definitions
from unavez_shared.messaging.broker_definitions import user_name

VHOST: Final = "unavez"


def definitions(passwords: dict[Service, str]) -> dict[str, Any]:
    """Return the definitions of a whole broker; it holds salted hashes of the passwords."""
    whole = broker_definitions.definitions(VHOST)
    users = [_user(service, passwords[service]) for service in Service]
    return whole | {"users": users}


def _user(service: Service, password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": user_name(service),
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }
