"""Exchanges, queues and bindings on RabbitMQ, computed from the catalogue of events. Nobody declares them by hand.

    unavez.events (topic) --<event type>.<service>--> unavez.<service>              one quorum queue per consumer
    unavez.<service> --dead letters--> unavez.parking (direct) --> unavez.<service>.parking
    unavez.events (topic) --receipt.<service>.<hearer>--> unavez.<service>.receipts  what hearers have settled: hints

An event is published once for each of its hearers, `mandatory`: what one of them cannot get comes back, raises an alarm
and stays in the outbox, which loses nothing and keeps the order. One publish for all would be confirmed as soon as any
queue had it, and a hearer whose binding was lost would never know; an alternate exchange would confirm it away.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any

from aiormq import Connection
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity
from pamqp.commands import Queue

from unavez_shared.contracts.events import CATALOGUE, consumed_by
from unavez_shared.contracts.services import Service

EXCHANGE = "unavez.events"
PARKING_EXCHANGE = "unavez.parking"

_TIMEOUT_SECONDS = 10


def queue_name(service: Service) -> str:
    """Return the name of a service's queue: the service and nothing else."""
    return f"unavez.{service.value}"


def routing_key(event_name: str, hearer: Service) -> str:
    """Return the key an event travels under to one of its hearers."""
    return f"{event_name}.{hearer.value}"


def routing_keys_to(hearer: Service) -> list[str]:
    """Return what a service's queue is bound to."""
    return sorted(routing_key(event.name, hearer) for event in consumed_by(hearer))


_HEARERS = {event.name: tuple(sorted(event.consumers)) for event in CATALOGUE.values()}


def routing_keys_of(event_name: str) -> list[str]:
    """Return one key for each service that hears this event; the bare name for what is in no catalogue."""
    return [routing_key(event_name, hearer) for hearer in consumers_of(event_name)] or [event_name]


def consumers_of(event_name: str) -> tuple[Service, ...]:
    """Return the services that consume this event; none for what is in no catalogue."""
    return _HEARERS.get(event_name, ())


def parking_name(service: Service) -> str:
    """Return the name of the queue of what was not an event at all."""
    return f"{queue_name(service)}.parking"


def receipts_name(service: Service) -> str:
    """Return the name of the queue in which a producer hears what was settled of what it said."""
    return f"{queue_name(service)}.receipts"


def receipt_key(producer: Service, hearer: Service) -> str:
    """Return the key under which a hearer tells a producer what it has settled."""
    return f"receipt.{producer.value}.{hearer.value}"


def receipts_arguments() -> dict[str, Any]:
    """Return the arguments of a receipts queue: bounded, for a lost receipt costs a repetition."""
    return {"x-queue-type": "classic", "x-max-length": 10_000}


def queue_arguments(service: Service) -> dict[str, Any]:
    """Return the arguments of a service's queue: the same meaning on 3.10 and on 4.x."""
    return {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        # Explicit, because 4.x has a default of 20. Requeues carry no meaning here.
        "x-delivery-limit": 1000,
        "x-dead-letter-exchange": PARKING_EXCHANGE,
        "x-dead-letter-routing-key": queue_name(service),
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def hearers_of(service: Service) -> frozenset[Service]:
    """Return the services that consume something this one says."""
    return frozenset(hearer for event in CATALOGUE.values() if event.producer is service for hearer in event.consumers)


async def declare(connection: Connection, service: Service) -> None:
    """Make sure that everything `service` publishes to and consumes from exists, and that it is bound.

    What exists is looked up first, so a least-privilege user needs rights only to what it has to create or bind.
    Raises aiormq's `ChannelNotFoundEntity` or `ChannelAccessRefused` when something is missing and may not be created.
    """
    await _exchange(connection, EXCHANGE, "topic")
    await _exchange(connection, PARKING_EXCHANGE, "direct")
    if consumed_by(service):
        await declare_consumer(connection, service)
    await declare_receipts(connection, service)
    for consumer in sorted(hearers_of(service)):
        try:
            await count_consumers(connection, consumer)
        except ChannelNotFoundEntity:
            # A producer that starts before its consumer's first start must not publish into the void. What exists
            # is its own service's to bind: a refused attempt is an error line in the broker's log.
            await declare_consumer(connection, consumer)


async def declare_receipts(connection: Connection, service: Service) -> None:
    """Make sure that a producer's receipts queue exists and is bound."""
    await _queue(connection, receipts_name(service), receipts_arguments())

    async def bind(channel: AbstractChannel) -> None:
        for hearer in sorted(hearers_of(service)):
            key = receipt_key(service, hearer)
            await channel.queue_bind(receipts_name(service), EXCHANGE, key, timeout=_TIMEOUT_SECONDS)

    await _on_channel(connection, bind)


async def declare_consumer(connection: Connection, service: Service) -> None:
    """Make sure that a consumer's queue, its parking queue and all their bindings exist."""
    await _queue(connection, parking_name(service), {"x-queue-type": "quorum"})
    await _queue(connection, queue_name(service), queue_arguments(service))
    await bind_consumer(connection, service)


async def bind_consumer(connection: Connection, service: Service) -> None:
    """Bind a consumer's queues again; what is bound stays bound."""

    async def bind(channel: AbstractChannel) -> None:
        await channel.queue_bind(parking_name(service), PARKING_EXCHANGE, queue_name(service), timeout=_TIMEOUT_SECONDS)
        for key in routing_keys_to(service):
            await channel.queue_bind(queue_name(service), EXCHANGE, key, timeout=_TIMEOUT_SECONDS)

    await _on_channel(connection, bind)


async def repair(connection: Connection, service: Service, unreachable: Collection[Service] = ()) -> None:
    """Put back the exchange and the receipts of this producer, and the bindings of `unreachable` consumers.

    `unreachable`: whose messages came back unroutable. Nobody else's queue is touched: a service without the right to
    bind it would leave an error line in the broker's log at each look.

    A queue that is missing is left to its own consumer: RabbitMQ 3.10 gives a quorum queue that is created again at
    once the consumer of the deleted one, which then never hears of anything (measured).
    """
    await _exchange(connection, EXCHANGE, "topic")
    await declare_receipts(connection, service)
    for consumer in sorted(unreachable):
        with suppress(ChannelAccessRefused, ChannelNotFoundEntity):
            await bind_consumer(connection, consumer)


async def count_consumers(connection: Connection, service: Service) -> int:
    """Return how many consume a service's queue. Raises aiormq's `ChannelNotFoundEntity` when it was deleted."""
    return (await _look_at(connection, service)).consumer_count or 0


async def count_messages(connection: Connection, service: Service) -> int:
    """Return how many messages nobody has taken from a service's queue. Raises aiormq's `ChannelNotFoundEntity`."""
    return (await _look_at(connection, service)).message_count or 0


async def _look_at(connection: Connection, service: Service) -> Queue.DeclareOk:
    found: list[Queue.DeclareOk] = []

    async def look(channel: AbstractChannel) -> None:
        found.append(await channel.queue_declare(queue_name(service), passive=True, timeout=_TIMEOUT_SECONDS))

    await _on_channel(connection, look)
    return found[0]


async def _exchange(connection: Connection, name: str, kind: str) -> None:
    async def look(channel: AbstractChannel) -> None:
        await channel.exchange_declare(name, exchange_type=kind, passive=True, timeout=_TIMEOUT_SECONDS)

    async def create(channel: AbstractChannel) -> None:
        await channel.exchange_declare(name, exchange_type=kind, durable=True, timeout=_TIMEOUT_SECONDS)

    await _look_or_create(connection, look, create)


async def _queue(connection: Connection, name: str, arguments: dict[str, Any]) -> None:
    async def look(channel: AbstractChannel) -> None:
        await channel.queue_declare(name, passive=True, timeout=_TIMEOUT_SECONDS)

    async def create(channel: AbstractChannel) -> None:
        await channel.queue_declare(name, durable=True, arguments=arguments, timeout=_TIMEOUT_SECONDS)

    await _look_or_create(connection, look, create)


async def _look_or_create(
    connection: Connection,
    look: Callable[[AbstractChannel], Awaitable[None]],
    create: Callable[[AbstractChannel], Awaitable[None]],
) -> None:
    try:
        await _on_channel(connection, look)
    except ChannelNotFoundEntity:
        await _on_channel(connection, create)


async def _on_channel(connection: Connection, action: Callable[[AbstractChannel], Awaitable[None]]) -> None:
    """Use a channel of its own: a refusal closes the channel it was asked on."""
    channel = await connection.channel(publisher_confirms=False, timeout=_TIMEOUT_SECONDS)
    try:
        await action(channel)
    finally:
        if not channel.is_closed:
            await channel.close()
