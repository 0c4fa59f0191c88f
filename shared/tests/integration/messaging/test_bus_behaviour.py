"""What every bus does: the same sentences on the in-process bus and on a real RabbitMQ."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.exc import OperationalError

from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.errors import EarlyError
from unavez_shared.messaging.event import Event
from unavez_shared.testing.messaging import Consumer, Stage, new_message, terminate_backends, until


class BrokenHandlerError(Exception):
    pass


def failing_on(sequence: int) -> Any:
    async def fail(event: Event[Any]) -> None:
        if event.sequence == sequence:
            raise BrokenHandlerError

    return fail


async def parked_reasons(consumer: Consumer) -> list[str]:
    return [message.reason for message in await consumer.inbox.list_parked()]


async def test_outbox_row_is_deleted_only_after_the_event_is_safe(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    await producer.emit((uuid4(), 1))
    assert not await producer.outbox_is_empty()
    producer.start_relay()
    await until(producer.outbox_is_empty)
    await until(lambda: consumer.has_effects(1))


async def test_order_is_kept_per_subject(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    subjects = [uuid4() for _ in range(20)]
    for sequence in range(1, 11):
        await producer.emit(*((subject, sequence) for subject in subjects))
    await until(lambda: consumer.has_effects(200))
    for subject in subjects:
        assert [sequence for _, sequence in await consumer.effects_of(subject)] == list(range(1, 11))


async def test_duplicates_have_one_effect(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    message, last = new_message(uuid4(), 1), new_message(uuid4(), 1)
    assert list(await producer.bus.publish([message, message])) == [True, True]
    assert list(await producer.bus.publish([message, last])) == [True, True]
    await until(lambda: consumer.has_effects(2))
    assert len(await consumer.effects_of()) == 2


async def test_failing_event_is_parked_and_the_others_of_its_batch_go_on(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    consumer.on_event = failing_on(3)
    await consumer.start_inbox()
    await producer.emit(*((uuid4(), sequence) for sequence in range(1, 7)))
    producer.start_relay()
    await until(lambda: consumer.has_effects(5))
    await until(producer.outbox_is_empty)
    assert [sequence for _, sequence in await consumer.effects_of()] == [1, 2, 4, 5, 6]
    assert await parked_reasons(consumer) == ["BrokenHandlerError"]


async def test_parked_event_is_retried_until_its_handler_works(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    consumer.on_event = failing_on(1)
    await consumer.start_inbox()
    producer.start_relay()
    await producer.emit((uuid4(), 1))

    async def is_parked() -> bool:
        return len(await parked_reasons(consumer)) == 1

    await until(is_parked)
    consumer.on_event = None
    await until(lambda: consumer.has_effects(1))
    assert await parked_reasons(consumer) == []
    assert len(await consumer.effects_of()) == 1


async def test_later_state_of_the_same_subject_discards_the_parked_one(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    consumer.on_event = failing_on(1)
    await consumer.start_inbox()
    producer.start_relay()
    subject, other = uuid4(), uuid4()
    await producer.emit((subject, 1), (other, 1))
    await until(producer.outbox_is_empty)
    await producer.emit((subject, 2))
    await until(lambda: consumer.has_effects(1))
    assert await consumer.effects_of() == [(str(subject), 2)]
    assert [message.subject for message in await consumer.inbox.list_parked()] == [str(other)]
    assert await consumer.count("SELECT count(*) FROM audit WHERE action = 'parked_message_superseded'") == 1


async def test_what_came_early_is_applied_as_soon_as_what_it_follows_was_even_when_that_was_parked_itself(
    stage: Stage,
) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    subject = uuid4()
    is_mended = False

    async def one_after_the_other(event: Event[Any]) -> None:
        if event.sequence == 1 and not is_mended:
            raise BrokenHandlerError
        if (str(subject), event.sequence - 1) not in [*await consumer.effects_of(subject), (str(subject), 0)]:
            raise EarlyError

    consumer.on_event = one_after_the_other
    await consumer.start_inbox()
    first, second = new_message(subject, 1), new_message(subject, 2)
    await producer.bus.publish([first, second])

    async def both_are_parked() -> bool:
        return sorted(await parked_reasons(consumer)) == ["BrokenHandlerError", "EarlyError"]

    await until(both_are_parked)
    await consumer.change("UPDATE parked SET attempts = 9, next_attempt_at = now() + interval '1 hour'")
    is_mended = True
    assert await consumer.inbox.retry(first.message_id)
    await until(lambda: consumer.has_effects(2))
    assert await consumer.effects_of(subject) == [(str(subject), 1), (str(subject), 2)]
    assert await parked_reasons(consumer) == []


async def test_what_came_early_is_tried_again_within_seconds_however_often_it_was_tried(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()

    async def early(_: Event[Any]) -> None:
        raise EarlyError

    consumer.on_event = early
    await consumer.start_inbox()
    await producer.bus.publish([new_message(uuid4(), 2)])

    async def is_parked() -> bool:
        return await parked_reasons(consumer) == ["EarlyError"]

    await until(is_parked)
    await consumer.change("UPDATE parked SET attempts = 9, next_attempt_at = now()")

    async def was_tried_again() -> bool:
        (message,) = await consumer.inbox.list_parked()
        return message.attempts < 9

    await until(was_tried_again)
    (message,) = await consumer.inbox.list_parked()
    assert message.next_attempt_at is not None
    assert message.next_attempt_at - datetime.now(UTC) < timedelta(seconds=6)


async def test_forged_message_is_parked_without_effect_and_suppresses_nothing(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    true = new_message(uuid4(), 1)
    await producer.bus.publish([Message(true.message_id, true.routing_key, b"forged"), new_message(uuid4(), 2)])
    await until(lambda: consumer.has_effects(1))
    assert await parked_reasons(consumer) == ["bad_signature"]
    await producer.bus.publish([true])
    await until(lambda: consumer.has_effects(2))


async def test_consumer_that_stops_gives_back_and_applies_once_when_it_returns(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    first = [(uuid4(), 1) for _ in range(300)]
    await producer.emit(*first)
    await until(lambda: consumer.has_effects(1))
    await consumer.bus.stop_consuming(consumer.service)
    await producer.emit(*((uuid4(), 1) for _ in range(100)))
    await consumer.stop()
    await consumer.start_inbox()
    await until(lambda: consumer.has_effects(400))
    await until(producer.outbox_is_empty)
    assert len(set(await consumer.effects_of())) == len(await consumer.effects_of()) == 400


async def test_rows_left_by_a_crash_are_relayed_once_after_the_restart(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    await producer.emit(*((uuid4(), 1) for _ in range(1200)))
    await producer.close()
    restarted = await stage.producer()
    restarted.start_relay()
    await until(lambda: consumer.has_effects(1200))
    await until(restarted.outbox_is_empty)
    assert len(await consumer.effects_of()) == 1200


async def test_drain_empties_the_outbox_without_a_running_relay(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    await producer.stop()
    await producer.emit(*((uuid4(), 1) for _ in range(30)))
    assert await producer.relay.drain(timeout_seconds=5)
    assert await producer.count("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0


async def test_event_nobody_hears_stays_in_the_outbox(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    flags = await producer.bus.publish([Message("1", "nobody.heard.v1", b"{}"), new_message(uuid4(), 1)])
    assert list(flags) == [False, True]


async def test_consumer_pauses_while_its_database_is_away_and_parks_nothing(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    away = asyncio.Event()
    asked = asyncio.Event()

    async def database_away(_: Event[Any]) -> None:
        asked.set()
        if not away.is_set():
            raise OperationalError("", None, ConnectionResetError(), connection_invalidated=True)

    consumer.on_event = database_away
    await consumer.start_inbox()
    producer.start_relay()
    await producer.emit((uuid4(), 1), (uuid4(), 2))
    await asyncio.wait_for(asked.wait(), 10)
    assert await consumer.effects_of() == []
    away.set()
    await until(lambda: consumer.has_effects(2))
    assert await parked_reasons(consumer) == []


async def test_terminated_database_backends_lose_nothing(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    producer.start_relay()
    for round_number in range(5):
        await producer.emit_until_committed(*((uuid4(), round_number) for _ in range(100)))
        # On a connection of its own: the pools are left with what was terminated, as in production.
        await terminate_backends(stage.server_url)
    await until(lambda: consumer.has_effects(500))
    await until(producer.outbox_is_empty)
    assert len(await consumer.effects_of()) == 500


async def test_operator_lists_retries_and_discards_with_an_audit_row(stage: Stage) -> None:
    consumer, producer = await stage.consumer(), await stage.producer()
    await consumer.start_inbox()
    await producer.bus.publish([Message("1", "case.registered.v1", b"forged 1")])

    async def is_parked() -> bool:
        return len(await parked_reasons(consumer)) == 1

    await until(is_parked)
    (message,) = await consumer.inbox.list_parked()
    assert message.next_attempt_at is None
    assert await consumer.inbox.retry(message.event_id)
    assert await consumer.inbox.discard(message.event_id)
    assert not await consumer.inbox.discard(message.event_id)
    assert await consumer.inbox.list_parked() == []
    assert await consumer.count("SELECT count(*) FROM audit WHERE action LIKE 'parked_message_%'") == 2
