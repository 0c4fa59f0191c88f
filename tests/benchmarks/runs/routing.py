"""The referral router by itself: `case.registered` in, plans and offers committed, nothing published."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from statistics import median
from uuid import uuid4

from benchmarks.cases import VIGNETTES
from benchmarks.runs.events import codec
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_referral_router.app import create_service
from unavez_shared.contracts.events import CASE_REGISTERED
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.messaging.microbatch import LIMIT
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.messaging import case_state

_TOLD = "SELECT message_id, routing_key, body FROM outbox ORDER BY id"
_FORGET = "TRUNCATE cases, plans, referrals, referral_history, tasks, unmet_needs, outbox"


@dataclass(frozen=True)
class Routed:
    """What one case costs the router."""

    alone_milliseconds: float
    """From the event in hand to the commit, when nothing else is to do (median)."""
    cpu_milliseconds: float
    """User and system time of one case in a full batch."""


async def run(stage: Stage, scale: Scale) -> Routed:
    """Plan cases one by one, then in full batches."""
    async with router(stage) as inbox:
        await alone(inbox, registered(stage, LIMIT))  # plans caches and prepared statements are made once
        milliseconds = await alone(inbox, registered(stage, scale.latency_cases))
        return Routed(median(milliseconds), await in_batches(inbox, registered(stage, scale.cases)))


@asynccontextmanager
async def router(stage: Stage) -> AsyncIterator[Inbox]:
    """Open a router of this process that heard of the directory; leave its database as empty as it was."""
    bus = EmbeddedBus().connect(Service.REFERRAL_ROUTER)
    service = create_service(stage.installation.settings(Service.REFERRAL_ROUTER), bus=bus)
    inbox = service.runtime.inbox
    if inbox is None:
        raise RuntimeError("the router hears nothing")
    directory, own = await stage.database(Service.DIRECTORY), await stage.database(Service.REFERRAL_ROUTER)
    for batch in _batches([Message(*row.values()) for row in await directory.fetch(_TOLD)]):
        await inbox.handle(batch)
    yield inbox
    await service.runtime.stop()
    await own.execute(_FORGET)
    for connection in (directory, own):
        await connection.close()


def registered(stage: Stage, count: int) -> list[Message]:
    """Return so many cases, the five kinds in turn: confirmed, agreed to, told."""
    speaker, captured_at = codec(stage, Service.INTAKE), datetime.now(UTC) - timedelta(minutes=1)
    messages = []
    for vignette in islice(cycle(VIGNETTES), count):
        case_id = uuid4()
        heard = {
            "facts": vignette["facts"],
            "places": vignette["places"],
            "consent_all_proposed": True,
            "duty_notice_given": True,
            "confirmed_by": "CW-12",
            "captured_at": captured_at,
        }
        data = case_state(case_id).model_copy(update=heard)
        messages.append(speaker.encode(Event(uuid7(), CASE_REGISTERED, str(case_id), datetime.now(UTC), 1, data)))
    return messages


async def alone(inbox: Inbox, messages: Sequence[Message]) -> list[float]:
    """Return milliseconds of each case handled by itself."""
    milliseconds = []
    for message in messages:
        begun = time.perf_counter()
        await inbox.handle([message])
        milliseconds.append(1000 * (time.perf_counter() - begun))
    return milliseconds


async def in_batches(inbox: Inbox, messages: Sequence[Message]) -> float:
    """Return CPU milliseconds a case when batches are full."""
    begun = time.process_time()
    for batch in _batches(messages):
        await inbox.handle(batch)
    return 1000 * (time.process_time() - begun) / len(messages)


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    return (messages[first : first + LIMIT] for first in range(0, len(messages), LIMIT))
