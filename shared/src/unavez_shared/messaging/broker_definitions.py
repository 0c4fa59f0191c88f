"""The broker's definitions file, from the catalogue: queues, and one least-privilege user a service.

`python -m unavez_shared.messaging.broker_definitions > deploy/rabbitmq/definitions.json` writes it anew.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import orjson

from unavez_shared.contracts.events import CATALOGUE, consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.topology import (
    EXCHANGE,
    PARKING_EXCHANGE,
    hearers_of,
    parking_name,
    queue_arguments,
    queue_name,
    receipt_key,
    receipts_arguments,
    receipts_name,
    routing_keys_of,
    routing_keys_to,
)


def user_name(service: Service) -> str:
    """Return the broker user of a service: its name and nothing else."""
    return f"unavez-{service.value}"


def permissions(service: Service) -> dict[str, str]:
    """Return what a service may configure, write and read: its own queues and the exchanges."""
    own, exchanges = [receipts_name(service)], [EXCHANGE]
    if consumed_by(service):
        own += [queue_name(service), parking_name(service)]
        exchanges += [PARKING_EXCHANGE]
    everything = _any_of(*exchanges, *own)
    return {"configure": _any_of(*own), "write": everything, "read": everything}


def topic_permissions(service: Service) -> dict[str, str]:
    """Return the routing keys a service may say and hear on `unavez.events`."""
    own = [event.name for event in CATALOGUE.values() if event.producer is service]
    said = sorted(key for name in own for key in routing_keys_of(name))
    heard = routing_keys_to(service)
    settled = sorted(receipt_key(event.producer, service) for event in consumed_by(service))
    receipts = sorted(receipt_key(service, hearer) for hearer in hearers_of(service))
    return {"exchange": EXCHANGE, "write": _any_of(*said, *dict.fromkeys(settled)), "read": _any_of(*heard, *receipts)}


def definitions(vhost: str = "/") -> dict[str, Any]:
    """Return a RabbitMQ definitions file. Its users have no password and cannot log in until one is set."""
    consumers = [service for service in Service if consumed_by(service)]
    queue = {"vhost": vhost, "durable": True, "auto_delete": False}
    parking = {"x-queue-type": "quorum"}
    return {
        "vhosts": [{"name": vhost}],
        "users": [{"name": user_name(service), "password_hash": "", "tags": []} for service in Service],
        "permissions": [{"user": user_name(service), "vhost": vhost, **permissions(service)} for service in Service],
        "topic_permissions": [
            {"user": user_name(service), "vhost": vhost, **topic_permissions(service)} for service in Service
        ],
        "exchanges": [
            {"name": name, "type": kind, "internal": False, "arguments": {}, **queue}
            for name, kind in ((EXCHANGE, "topic"), (PARKING_EXCHANGE, "direct"))
        ],
        "queues": [
            {"name": name, "arguments": arguments, **queue}
            for service in consumers
            for name, arguments in (
                (queue_name(service), queue_arguments(service)),
                (parking_name(service), parking),
            )
        ]
        + [{"name": receipts_name(service), "arguments": receipts_arguments(), **queue} for service in Service],
        "bindings": [
            _binding(vhost, exchange, destination, key)
            for service in consumers
            for exchange, destination, key in (
                (PARKING_EXCHANGE, parking_name(service), queue_name(service)),
                *((EXCHANGE, queue_name(service), key) for key in routing_keys_to(service)),
            )
        ]
        + [
            _binding(vhost, EXCHANGE, receipts_name(service), receipt_key(service, hearer))
            for service in Service
            for hearer in sorted(hearers_of(service))
        ],
    }


def _binding(vhost: str, exchange: str, destination: str, key: str) -> dict[str, Any]:
    return {
        "vhost": vhost,
        "source": exchange,
        "destination": destination,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }


def _any_of(*names: str) -> str:
    return f"^({'|'.join(re.escape(name) for name in names)})$"


def main() -> None:
    """Print the definitions."""
    sys.stdout.buffer.write(orjson.dumps(definitions(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
