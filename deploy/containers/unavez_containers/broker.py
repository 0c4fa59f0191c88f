"""RabbitMQ as a definitions file: one user a service with the least rights, and the topology of the catalogue.

The exchanges, queues and bindings are those `messaging.topology` declares. Standing here they exist before any service
starts, so that no service needs the right to create what is not its own.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, Final

from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import (
    EXCHANGE,
    PARKING_EXCHANGE,
    parking_name,
    queue_arguments,
    queue_name,
    routing_keys_to,
)

VHOST: Final = "unavez"
NOTHING: Final = "^$"


def definitions(passwords: dict[Service, str]) -> dict[str, Any]:
    """Return the definitions of a whole broker; it holds salted hashes of the passwords."""
    consumers = [service for service in Service if consumed_by(service)]
    return {
        "vhosts": [{"name": VHOST}],
        "users": [_user(service, passwords[service]) for service in Service],
        "permissions": [{"user": service.value, "vhost": VHOST} | rights(service) for service in Service],
        "exchanges": [_exchange(EXCHANGE, "topic"), _exchange(PARKING_EXCHANGE, "direct")],
        "queues": [queue for service in consumers for queue in _queues(service)],
        "bindings": [binding for service in consumers for binding in _bindings(service)],
    }


def rights(service: Service) -> dict[str, str]:
    """Return what a service's user may configure, write and read: its own queues, and to speak."""
    if not consumed_by(service):
        return {"configure": NOTHING, "write": _exactly(EXCHANGE), "read": NOTHING}
    own = (queue_name(service), parking_name(service))
    # To bind and to dead-letter its own queues, a consumer also reads the exchanges and writes the parking one.
    all_of_it = _exactly(EXCHANGE, PARKING_EXCHANGE, *own)
    return {"configure": _exactly(*own), "write": all_of_it, "read": all_of_it}


def _exactly(*names: str) -> str:
    return "^(" + "|".join(name.replace(".", "\\.") for name in names) + ")$"


def _user(service: Service, password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    return {
        "name": service.value,
        "password_hash": digest,
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": [],
    }


def _exchange(name: str, kind: str) -> dict[str, Any]:
    shape = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    return {"name": name, "vhost": VHOST, "type": kind} | shape


def _queues(service: Service) -> list[dict[str, Any]]:
    shape = {"vhost": VHOST, "durable": True, "auto_delete": False}
    return [
        {"name": parking_name(service), "arguments": {"x-queue-type": "quorum"}} | shape,
        {"name": queue_name(service), "arguments": queue_arguments(service)} | shape,
    ]


def _bindings(service: Service) -> list[dict[str, Any]]:
    return [
        _binding(PARKING_EXCHANGE, parking_name(service), queue_name(service)),
        *(_binding(EXCHANGE, queue_name(service), key) for key in routing_keys_to(service)),
    ]


def _binding(source: str, queue: str, key: str) -> dict[str, Any]:
    to = {"vhost": VHOST, "destination_type": "queue", "arguments": {}}
    return {"source": source, "destination": queue, "routing_key": key} | to
