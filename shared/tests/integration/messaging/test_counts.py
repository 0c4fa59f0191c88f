"""What relay and inbox count, on both buses."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from unavez_shared.messaging.bus import Message
from unavez_shared.observability.metrics import REGISTRY
from unavez_shared.testing.messaging import Stage, new_message, until


class Counts:
    """How much a series grew since this was made."""

    def __init__(self) -> None:
        self._before = self._all()

    def grown(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return self._all().get(key, 0) - self._before.get(key, 0)

    @staticmethod
    def _all() -> dict[Any, float]:
        return {
            (sample.name.removeprefix("unavez_"), frozenset(sample.labels.items())): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }


async def test_every_message_is_counted_by_what_became_of_it(stage: Stage) -> None:
    counts, consumer, producer = Counts(), await stage.consumer(), await stage.producer()
    router, intake = {"service": "referral-router"}, {"service": "intake"}
    await consumer.start_inbox()
    producer.start_relay()
    await producer.emit((uuid4(), 1), (uuid4(), 2))
    await until(lambda: consumer.has_effects(2))
    await until(producer.outbox_is_empty)
    twice, true = new_message(uuid4(), 3), new_message(uuid4(), 4)
    forged, rubbish = Message(true.message_id, true.routing_key, b"forged"), Message("x", true.routing_key, b"rubbish")
    await producer.bus.publish([twice, twice, forged, rubbish])

    async def refused() -> bool:
        return counts.grown("inbox_refused_total", reason="bad_signature", **router) >= 1

    await until(refused)
    await until(lambda: consumer.has_effects(3))
    assert counts.grown("relay_published_total", **intake) == 2
    assert counts.grown("relay_unconfirmed_total", **intake) == 0
    assert counts.grown("inbox_applied_total", family="case", **router) == 3
    assert counts.grown("inbox_refused_total", reason="bad_signature", **router) == 1
    assert counts.grown("inbox_refused_total", reason="handler_failed", **router) == 0
    assert counts.grown("inbox_dead_letters_total", **router) == 1
    # The in-process bus takes a message that waits already for the same one.
    assert counts.grown("inbox_batch_messages_sum", **router) in {5, 6}


async def test_rows_nobody_confirms_are_counted_as_often_as_they_are_tried(stage: Stage) -> None:
    counts, producer = Counts(), await stage.producer()
    consumer = await stage.consumer()
    await consumer.start_inbox()

    async def refuse(messages: Any) -> list[bool]:
        return [False] * len(messages)

    producer.bus.publish = refuse  # type: ignore[method-assign]
    producer.start_relay()
    await producer.emit((uuid4(), 1))

    async def tried_twice() -> bool:
        return counts.grown("relay_unconfirmed_total", service="intake") >= 2

    await until(tried_twice)
    assert counts.grown("relay_published_total", service="intake") == 0
    assert producer.relay.is_active
