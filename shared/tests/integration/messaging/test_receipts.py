"""What a broker confirmed and lost all the same is said again; what was heard is forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import aiormq
import pytest

from unavez_shared.contracts.events import CASE_REGISTERED, REFERRAL_OFFERED
from unavez_shared.contracts.services import Service
from unavez_shared.messaging import awaited
from unavez_shared.messaging.awaited import Awaited
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.topology import EXCHANGE, queue_name, receipt_key, receipts_name
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.messaging import Producer, Stage, until

QUEUE = queue_name(Service.REFERRAL_ROUTER)
RECEIPT = receipt_key(Service.INTAKE, Service.REFERRAL_ROUTER)
SENT = "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL"


async def do(stage: Stage, action: str, *arguments: str) -> None:
    connection = await aiormq.connect(stage.connect(Service.INTAKE)._url)  # type: ignore[attr-defined]
    channel = await connection.channel()
    await getattr(channel, action)(*arguments)
    await connection.close()


def are_sent(producer: Producer, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return await producer.count(SENT) == count

    return look


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited, "OVERDUE_SECONDS", 1.0)


async def test_confirmed_message_is_kept_until_its_hearer_has_settled_it(rabbit_stage: Stage) -> None:
    consumer, producer = await rabbit_stage.consumer(), await rabbit_stage.producer()
    producer.start_relay()
    await producer.emit((uuid4(), 1), (uuid4(), 2))
    await until(are_sent(producer, 2))
    await consumer.start_inbox()
    await until(producer.outbox_is_empty)
    assert await consumer.has_effects(2)


@pytest.mark.parametrize("action", ["queue_delete", "queue_purge"])
@pytest.mark.usefixtures("impatient")
async def test_what_lay_in_a_queue_that_was_emptied_behind_our_back_is_said_again(
    rabbit_stage: Stage, action: str
) -> None:
    producer = await rabbit_stage.producer()
    producer.start_relay()
    consumer = await rabbit_stage.consumer()
    await producer.emit(*((uuid4(), number) for number in range(1, 21)))
    await until(are_sent(producer, 20))
    await do(rabbit_stage, action, QUEUE)
    await consumer.start_inbox()
    await until(lambda: consumer.has_effects(20))
    await until(producer.outbox_is_empty)
    assert [sequence for _, sequence in await consumer.effects_of()] == list(range(1, 21))


@pytest.mark.usefixtures("impatient")
async def test_message_that_waits_in_its_queue_is_not_said_twice(rabbit_stage: Stage) -> None:
    consumer, producer = await rabbit_stage.consumer(), await rabbit_stage.producer()
    producer.start_relay()
    await producer.emit((uuid4(), 1))

    async def is_overdue() -> bool:
        return await producer.count(f"{SENT} AND sent_at < now() - interval '2.5 s'") == 1

    await until(is_overdue)
    assert await producer.bus.count_waiting(Service.REFERRAL_ROUTER) == 1
    await consumer.start_inbox()
    await until(producer.outbox_is_empty)


@pytest.mark.usefixtures("impatient")
async def test_lost_receipt_costs_a_repetition_without_effect(rabbit_stage: Stage) -> None:
    consumer, producer = await rabbit_stage.consumer(), await rabbit_stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    await do(rabbit_stage, "queue_unbind", receipts_name(Service.INTAKE), EXCHANGE, RECEIPT)
    await producer.emit((uuid4(), 1))
    await until(lambda: consumer.has_effects(1))
    await until(are_sent(producer, 1))
    await until(producer.outbox_is_empty)
    assert len(await consumer.effects_of()) == 1


async def test_receipt_counts_whatever_else_its_hearer_was_sent(rabbit_stage: Stage) -> None:
    producer = await rabbit_stage.producer()
    producer.start_relay()
    message = Message(str(uuid7()), CASE_REGISTERED.name, b"synthetic")
    await producer.put(message)
    await until(are_sent(producer, 1))
    connection = await aiormq.connect(rabbit_stage.connect(Service.INTAKE)._url)  # type: ignore[attr-defined]
    channel = await connection.channel()
    receipt = f"ñ\n\x00\n{message.message_id}".encode()
    await channel.basic_publish(receipt, exchange=EXCHANGE, routing_key=RECEIPT)
    await connection.close()
    await until(producer.outbox_is_empty, 8)


async def test_event_with_two_hearers_is_kept_until_both_have_settled_it(rabbit_stage: Stage) -> None:
    producer = await rabbit_stage.producer()
    awaiting = Awaited(producer.database.engine, Service.REFERRAL_ROUTER)
    messages = [Message(str(uuid7()), REFERRAL_OFFERED.name, b"synthetic") for _ in range(3)]
    for message in messages:
        await producer.put(message)
    first, second, third = (message.message_id for message in messages)
    await awaiting.settled(Service.INTAKE, [first, second])
    assert await producer.count("SELECT count(*) FROM outbox") == 3
    await awaiting.settled(Service.INTAKE, [first])
    await awaiting.settled(Service.NOTIFIER, [first, third])
    assert await producer.count("SELECT count(*) FROM outbox") == 2
    assert await producer.count("SELECT count(*) FROM outbox WHERE awaits = ARRAY['notifier']") == 1
    assert await producer.count("SELECT count(*) FROM outbox WHERE awaits = ARRAY['intake']") == 1


@pytest.mark.usefixtures("impatient")
async def test_deleted_receipts_queue_is_rebuilt(rabbit_stage: Stage) -> None:
    consumer, producer = await rabbit_stage.consumer(), await rabbit_stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    await producer.emit((uuid4(), 1))
    await until(producer.outbox_is_empty)
    await do(rabbit_stage, "queue_delete", receipts_name(Service.INTAKE))
    await producer.emit((uuid4(), 2))
    await until(lambda: consumer.has_effects(2))
    await until(producer.outbox_is_empty)
