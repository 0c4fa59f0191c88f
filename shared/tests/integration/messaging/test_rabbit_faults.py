"""What only a broker can do to us: taken queues, bindings, connections and rights."""

from __future__ import annotations

import struct
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

import aiormq
import httpx
import pytest
from aiormq import Connection
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from unavez_shared.contracts.events import CASE_REGISTERED, REFERRAL_OFFERED
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.broker_definitions import permissions, topic_permissions
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.messaging.topology import EXCHANGE, parking_name, queue_name, routing_key
from unavez_shared.testing.messaging import Consumer, Producer, Stage, new_message, until
from unavez_shared.testing.rabbitmq import RabbitServer

QUEUE = queue_name(Service.REFERRAL_ROUTER)


def vhost_of(stage: Stage) -> str:
    return urlsplit(stage.connect(Service.INTAKE)._url).path.lstrip("/")  # type: ignore[attr-defined]


async def running(stage: Stage) -> tuple[Consumer, Producer]:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    return consumer, producer


async def dead_letters(stage: Stage) -> int:
    connection = await aiormq.connect(stage.connect(Service.INTAKE)._url)  # type: ignore[attr-defined]
    channel = await connection.channel()
    declared = await channel.queue_declare(parking_name(Service.REFERRAL_ROUTER), passive=True)
    await connection.close()
    return declared.message_count or 0


async def test_message_that_is_no_event_goes_to_the_dead_letters_and_the_others_go_on(rabbit_stage: Stage) -> None:
    consumer, producer = await running(rabbit_stage)
    await producer.bus.publish(
        [
            new_message(uuid4(), 1),
            Message("x", "case.registered.v1", b"broken"),
            Message("y", "case.registered.v1", b"\x00"),
            new_message(uuid4(), 2),
        ]
    )
    await until(lambda: consumer.has_effects(2))

    async def both_there() -> bool:
        return await dead_letters(rabbit_stage) == 2

    await until(both_there)


class RawHeader(ContentHeader):
    """A content header with properties no client would write: their flags, and bytes as they are."""

    def __init__(self, flags: int, properties: bytes, body_size: int) -> None:
        super().__init__(body_size=body_size)
        self._raw = struct.pack(">HxxQH", Basic.frame_id, body_size, flags) + properties

    def marshal(self) -> bytes:
        return self._raw


UNREADABLE = {
    "a moment beyond every calendar": (0x0040, struct.pack(">Q", 2**63 - 1)),
    "an id that is no text": (0x0080, b"\x04\xff\xfe\xfd\xfc"),
    "a content type that is no text": (0x8000, b"\x02\xc3\x28"),
    "a table with a moment beyond every calendar": (
        0x2000,
        struct.pack(">I", 11) + b"\x01tT" + struct.pack(">Q", 2**62),
    ),
}


@pytest.mark.parametrize(("flags", "properties"), UNREADABLE.values(), ids=UNREADABLE)
async def test_message_with_unreadable_properties_goes_its_way_and_stops_nobody(
    rabbit_stage: Stage, flags: int, properties: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    consumer, producer = await running(rabbit_stage)
    key = routing_key(CASE_REGISTERED.name, Service.REFERRAL_ROUTER)
    connection = await aiormq.connect(rabbit_stage.connect(Service.INTAKE)._url)  # type: ignore[attr-defined]
    channel = cast("Channel", await connection.channel())
    for body in (b"broken", new_message(uuid4(), 1).body):
        frames = [Basic.Publish(exchange=EXCHANGE, routing_key=key), RawHeader(flags, properties, len(body))]
        await channel.write_queue.put(ChannelFrame.marshall(channel.number, [*frames, ContentBody(body)]))
    await producer.emit((uuid4(), 2))
    await until(lambda: consumer.has_effects(2))

    async def is_there() -> bool:
        return await dead_letters(rabbit_stage) == 1

    await until(is_there)
    assert not connection.is_closed, "the broker did not take it"
    await connection.close()
    said = capsys.readouterr().out
    assert "properties_unreadable" in said
    assert "bus_connection_lost" not in said


async def test_shutdown_in_the_middle_of_a_backlog_dead_letters_nothing(rabbit_stage: Stage) -> None:
    consumer, producer = await running(rabbit_stage)
    await producer.emit(*((uuid4(), 1) for _ in range(500)))
    await until(lambda: consumer.has_effects(1))
    await consumer.close()
    returned = await rabbit_stage.consumer()
    await returned.start_inbox()
    await until(lambda: returned.has_effects(500))
    assert len(await returned.effects_of()) == 500
    assert await dead_letters(rabbit_stage) == 0


async def test_deleted_queue_and_removed_binding_are_rebuilt(rabbit_stage: Stage) -> None:
    consumer, producer = await running(rabbit_stage)
    connection = await aiormq.connect(rabbit_stage.connect(Service.INTAKE)._url)  # type: ignore[attr-defined]
    channel = await connection.channel()
    await channel.queue_unbind(QUEUE, EXCHANGE, routing_key(CASE_REGISTERED.name, Service.REFERRAL_ROUTER))
    await producer.emit((uuid4(), 1))
    await until(lambda: consumer.has_effects(1))
    await channel.queue_delete(QUEUE)
    await producer.emit((uuid4(), 2))
    await until(lambda: consumer.has_effects(2))
    await until(producer.outbox_is_empty)
    await connection.close()


async def test_event_is_not_confirmed_while_one_of_its_hearers_cannot_get_it(rabbit_stage: Stage) -> None:
    url = rabbit_stage.connect(Service.INTAKE)._url  # type: ignore[attr-defined]
    bus = RabbitBus(url, Service.REFERRAL_ROUTER)
    await bus.start()
    offered = [Message(str(uuid4()), REFERRAL_OFFERED.name, b"synthetic")]
    assert await bus.publish(offered) == [True]
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    key = routing_key(REFERRAL_OFFERED.name, Service.INTAKE)
    await channel.queue_unbind(queue_name(Service.INTAKE), EXCHANGE, key)
    assert await bus.publish(offered) == [False]

    async def is_bound_again() -> bool:
        return await bus.publish(offered) == [True]

    await until(is_bound_again)
    await connection.close()
    await bus.close()


async def test_closed_connections_lose_nothing(rabbit_stage: Stage, rabbitmq: RabbitServer) -> None:
    consumer, producer = await running(rabbit_stage)
    vhost = vhost_of(rabbit_stage)
    async with httpx.AsyncClient(timeout=10) as client:

        async def close_one() -> bool:
            # The management API learns of a new connection some seconds late.
            listed = await client.get(f"{rabbitmq.management_url}/vhosts/{vhost}/connections")
            for connection in listed.json():
                await client.delete(f"{rabbitmq.management_url}/connections/{connection['name']}")
            return bool(listed.json())

        await producer.emit(*((uuid4(), 1) for _ in range(200)))
        await until(close_one)
        await producer.emit(*((uuid4(), 2) for _ in range(200)))
    await until(lambda: consumer.has_effects(400))
    await until(producer.outbox_is_empty)
    assert len(await consumer.effects_of()) == 400


async def least_rights(rabbitmq: RabbitServer, vhost: str) -> dict[Service, str]:
    """Create a user a service with the rights of the definitions; return their addresses."""
    urls = {}
    async with httpx.AsyncClient(timeout=10, base_url=rabbitmq.management_url) as client:
        for service in Service:
            user = f"{vhost}-{service.value}"
            (await client.put(f"/users/{user}", json={"password": "synthetic", "tags": ""})).raise_for_status()
            (await client.put(f"/permissions/{vhost}/{user}", json=permissions(service))).raise_for_status()
            topics = topic_permissions(service)
            (await client.put(f"/topic-permissions/{vhost}/{user}", json=topics)).raise_for_status()
            urls[service] = f"amqp://{user}:synthetic@127.0.0.1:{rabbitmq.port}/{vhost}"
    return urls


async def test_each_service_can_work_with_the_least_rights(rabbit_stage: Stage, rabbitmq: RabbitServer) -> None:
    await rabbit_stage.consumer()  # Everything is declared once, by an administrator.
    urls = await least_rights(rabbitmq, vhost_of(rabbit_stage))
    narrow = Stage(rabbit_stage.server_url, lambda service: RabbitBus(urls[service], service))
    consumer, producer = await running(narrow)
    await producer.emit((uuid4(), 1))
    await until(lambda: consumer.has_effects(1))
    foreign = await aiormq.connect(urls[Service.NOTIFIER])
    channel = await foreign.channel()
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await channel.basic_get(QUEUE)
    channel = await foreign.channel()
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await channel.basic_publish(b"", exchange=EXCHANGE, routing_key="case.registered.v1.referral-router")
    await foreign.close()
    await narrow.close()


async def test_services_with_the_least_rights_leave_no_error_in_the_brokers_log(
    rabbit_stage: Stage, rabbitmq: RabbitServer
) -> None:
    """While nothing is wrong: at the start, and each time the topology is looked at."""
    for service in Service:  # Everything is declared once, by an administrator.
        bus = rabbit_stage.connect(service)
        await bus.start()
        await bus.close()
    urls = await least_rights(rabbitmq, vhost_of(rabbit_stage))
    buses = [RabbitBus(url, service) for service, url in urls.items()]
    before = len(await errors_until(rabbitmq, urls[Service.NOTIFIER], "planted-before"))
    for bus in buses:
        await bus.start()
        # What the watchdog does every few seconds.
        await bus._repair(cast("Connection", bus._connection))
    for bus in buses:
        await bus.close()
    after = await errors_until(rabbitmq, urls[Service.NOTIFIER], "planted-after")
    assert [line for line in after[before:] if "planted" not in line and "Channel error" not in line] == []


async def errors_until(rabbitmq: RabbitServer, url: str, name: str) -> list[str]:
    """Plant an error of this name, for the log is written late; return the error lines once it is there."""
    connection = await aiormq.connect(url)
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        await (await connection.channel()).queue_declare(name)
    await connection.close()

    async def is_logged() -> bool:
        return any(name in line for line in rabbitmq.logged_errors())

    await until(is_logged)
    return rabbitmq.logged_errors()
