"""Messages nobody should send: again, in another order, broken, forged, of another version."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aiormq
from pamqp.commands import Basic

from unavez_shared.contracts.event_data import CaseState
from unavez_shared.contracts.events import CASE_REGISTERED, REFERRAL_OFFERED
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.topology import EXCHANGE, parking_name, queue_name, routing_keys_of
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.messaging import case_state
from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.servers import wait_until
from unavez_tests.events import codec_of, offer

_SPY = "chaos.spy"
_QUIET_SECONDS = 1.0
"""A queue that gives nothing for so long is empty."""
_AWAY = (Service.REFERRAL_ROUTER, Service.NOTIFIER)
"""Consumers that can be away while intakes are posted."""


def duplicates_and_replays(stage: Stage, load: Load) -> Measures:
    """Everything that was said is said twice again, in any order."""
    asyncio.run(_bind_spy(stage.broker.url))
    load.post(10)
    stage.wait_until_quiet()
    heard = asyncio.run(_take(stage.broker.url, _SPY, delete=True))
    assert heard, "the spy heard nothing"
    again = heard * 2
    random.Random(7).shuffle(again)  # noqa: S311
    asyncio.run(_publish(stage.broker.url, again))
    return {"messages repeated": len(again)}


def reordered(stage: Stage, load: Load) -> Measures:
    """While each consumer is away its queue is shuffled, each subject in its own order: what single delivery allows."""
    moved = 0
    for service in _AWAY:
        stage.kill(service)
        load.post(4)
        time.sleep(1)
        waiting = asyncio.run(_take(stage.broker.url, queue_name(service)))
        moved += len(waiting)
        asyncio.run(_publish(stage.broker.url, _shuffled(waiting), queue=queue_name(service)))
        stage.revive()
    assert moved, "nothing was in the queues"
    return {"messages moved": moved}


def steps_reordered(stage: Stage, load: Load) -> Measures:
    """While each hearer of the router is away, all it would hear is shuffled: an acceptance before its offer."""
    stage.kill(Service.NOTIFIER)
    load.post(4)
    load.act()
    moved = _shuffle_steps(stage, Service.NOTIFIER)
    stage.revive()
    # Intake must register the cases and hear of no offer: the router plans them when intake is away.
    stage.kill(Service.REFERRAL_ROUTER)
    load.post(4)
    queue = queue_name(Service.REFERRAL_ROUTER)
    wait_until(lambda: stage.broker.waiting()[queue] >= 4, 20, "the cases were not said")
    stage.kill(Service.INTAKE)
    for replica in stage.of(Service.REFERRAL_ROUTER):
        replica.start()
    load.act()
    moved += _shuffle_steps(stage, Service.INTAKE)
    stage.revive()
    return {"messages moved": moved}


def _shuffle_steps(stage: Stage, hearer: Service) -> int:
    """Put what waits for this service back in any order; return how many messages."""
    waiting = asyncio.run(_take(stage.broker.url, queue_name(hearer)))
    assert any(count > 1 for count in Counter(map(_subject, waiting)).values()), "no referral took two steps"
    random.Random(13).shuffle(waiting)  # noqa: S311
    asyncio.run(_publish(stage.broker.url, waiting, queue=queue_name(hearer)))
    return len(waiting)


def hostile_messages(stage: Stage, _: Load) -> Measures:
    """Poison, oversize, unknown version, unsigned, forged, sealed by nobody, moved to another envelope."""
    genuine = codec_of(stage.keys.sealing_dir, Service.REFERRAL_ROUTER)
    forger = codec_of(stage.keys.sealing_dir, Service.REFERRAL_ROUTER, signer=Service.NOTIFIER)
    one = offer()
    forged = forger.encode(one).body
    unsigned = genuine.encode(offer(replace(REFERRAL_OFFERED, signed=False))).body
    moved = genuine.encode(one).body.replace(one.subject.encode(), str(uuid4()).encode())
    flipped = genuine.encode(offer()).body.replace(b'"data":"', b'"data":"x')
    unknown = genuine.encode(offer()).body.replace(b"referral.offered.v1", b"referral.offered.v9")
    poison = [b"", b"\x00" * 100, b"[]", b'{"specversion":"1.0"}', b"{" * 10_000, b'"' + b"a" * 8_000_000 + b'"']
    key = REFERRAL_OFFERED.name
    asyncio.run(_publish(stage.broker.url, [Message("", key, body) for body in poison]))
    refused = [forged, unsigned, moved, flipped, unknown]
    asyncio.run(_publish(stage.broker.url, [Message("", key, body) for body in refused]))
    time.sleep(3)  # under load: what is genuine goes on between them
    for service in (Service.INTAKE, Service.NOTIFIER):
        stage.allow(f"queue {parking_name(service)}", len(poison))
        stage.allow(f"parked of {service.value}", len(refused))
    return {"poison": len(poison), "refused": len(refused)}


def two_versions_together(stage: Stage, load: Load) -> Measures:
    """Next to today's events come those of a newer producer: with a field nobody knows yet, and of a type v2."""
    asyncio.run(_bind_spy(stage.broker.url))
    load.post(4)
    stage.wait_until_quiet()
    codec = codec_of(stage.keys.sealing_dir, Service.INTAKE)
    heard = asyncio.run(_take(stage.broker.url, _SPY, delete=True))
    cases = [message for message in heard if message.routing_key.startswith(CASE_REGISTERED.name)]
    assert cases, "the spy heard of no case"
    richer = [codec.encode(_with_a_new_field(codec.decode(message.body))) for message in cases]
    newer = [
        Message("", message.routing_key, message.body.replace(b"case.registered.v1", b"case.registered.v2"))
        for message in richer
    ]
    asyncio.run(_publish(stage.broker.url, [*richer, *newer]))
    stage.allow(f"parked of {Service.REFERRAL_ROUTER.value}", len(newer))
    return {"with a new field": len(richer), "of version 2": len(newer)}


async def publish_of_unknown_version(stage: Stage) -> None:
    """Say one case in a version nobody knows yet: the router parks it."""
    case_id = uuid4()
    event = Event(uuid7(), CASE_REGISTERED, str(case_id), datetime.now(UTC), 1, case_state(case_id))
    body = codec_of(stage.keys.sealing_dir, Service.INTAKE).encode(event).body
    body = body.replace(b"case.registered.v1", b"case.registered.v2")
    await _publish(stage.broker.url, [Message("", CASE_REGISTERED.name, body)])


class _RicherCase(CaseState):
    added_later: str = "a newer producer's"


def _with_a_new_field(event: Event[Any]) -> Event[Any]:
    """Return the same case one version later, as a newer intake would say it."""
    data = _RicherCase(**event.data.model_dump())
    return Event(
        id=uuid7(),
        event_type=CASE_REGISTERED,
        subject=event.subject,
        time=datetime.now(UTC),
        sequence=event.sequence + 1,
        data=data,
    )


def _shuffled(messages: Sequence[Message]) -> list[Message]:
    """Shuffle subjects against each other, keeping each one's order."""
    by_subject: dict[str, list[Message]] = {}
    for message in messages:
        by_subject.setdefault(_subject(message), []).append(message)
    dice = random.Random(11)  # noqa: S311
    queues = list(by_subject.values())
    shuffled = []
    while queues:
        chosen = dice.choice(queues)
        shuffled.append(chosen.pop(0))
        queues = [one for one in queues if one]
    return shuffled


def _subject(message: Message) -> str:
    return message.body.split(b'"subject":"')[1].split(b'"')[0].decode()


async def _bind_spy(url: str) -> None:
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    await channel.queue_declare(_SPY, durable=True)
    await channel.queue_bind(_SPY, EXCHANGE, "#")
    await connection.close()


async def _take(url: str, queue: str, *, delete: bool = False) -> list[Message]:
    """Take every message out of a queue."""
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    taken: list[Message] = []

    async def take(got: aiormq.abc.DeliveredMessage) -> None:
        taken.append(Message(str(got.header.properties.message_id), str(got.routing_key), bytes(got.body)))

    # Consumed, not fetched: a queue with a single active consumer allows nothing else.
    consumed = await channel.basic_consume(queue, take, no_ack=True)
    count = -1
    while count < len(taken):
        count = len(taken)
        await asyncio.sleep(_QUIET_SECONDS)
    if delete:
        await channel.basic_cancel(str(consumed.consumer_tag))
        await channel.queue_delete(queue)
    await connection.close()
    return taken


async def _publish(url: str, messages: Sequence[Message], *, queue: str | None = None) -> None:
    """Publish to our exchange with each message's own key, or straight into one queue."""
    connection = await aiormq.connect(url)
    channel = await connection.channel(publisher_confirms=True)
    for message in messages:
        properties = Basic.Properties(message_id=message.message_id or None, delivery_mode=2)
        for key in routing_keys_of(message.routing_key) if queue is None else [queue]:
            await channel.basic_publish(
                message.body, exchange=EXCHANGE if queue is None else "", routing_key=key, properties=properties
            )
    await connection.close()
