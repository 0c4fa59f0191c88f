"""What the two hearers of the router do with a case: the notifier tells it, intake stores who may open which packet.

No router and no intake's HTTP: the events of a case are put on the bus as the router would, sealed and signed, so that
the cost of hearing is not read out of a run in which everything happens at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import httpx

from benchmarks.processes import cpu_seconds
from benchmarks.runs.events import OFFERS, codec, planned_case
from benchmarks.runs.world import Arrivals
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.persistence.database import create_engine
from unavez_shared.privacy.case_keys import CaseKeys
from unavez_shared.privacy.kek import KeyEncryptionKey

HEARERS = (Service.INTAKE, Service.NOTIFIER)
_AGENCIES = 24
_WARM_UP = 40
_PAUSE_SECONDS = (0.05, 0.25)
"""Between two cases: at random, so that no poll of anybody falls into step with us."""
_CHUNK = 500
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Load:
    """CPU of each hearer for each referral it heard, and webhooks received a second."""

    notifier_milliseconds: float
    intake_milliseconds: float
    per_second: float


@dataclass(frozen=True)
class Heard:
    """Under load, and unloaded the milliseconds from the publishing of a case to each of its webhooks."""

    load: Load
    milliseconds: list[float]


async def run(stage: Stage, scale: Scale) -> Heard:
    """Let the two hear cases: first all at once, then one at a time."""
    router = await Router.open(stage)
    await under_load(router, _WARM_UP)
    heard = Heard(await under_load(router, scale.heard_cases), await unloaded(router, scale.latency_cases))
    await router.close()
    return heard


class Router:
    """Speaks as the router does; its agencies listen by webhook."""

    def __init__(self, stage: Stage, bus: RabbitBus) -> None:
        self.stage = stage
        self._bus = bus
        self._speaker = codec(stage, Service.REFERRAL_ROUTER)
        self._agencies = [uuid4() for _ in range(_AGENCIES)]
        self._chosen = random.Random(1)  # noqa: S311  (the same agencies each time)

    @classmethod
    async def open(cls, stage: Stage) -> Router:
        """Start the two hearers on a broker of their own and subscribe the agencies."""
        amqp_url = await stage.new_vhost()
        await stage.start_services(HEARERS, amqp_url)
        bus = RabbitBus(amqp_url, Service.REFERRAL_ROUTER)
        await bus.start()
        router = cls(stage, bus)
        await router._subscribe()
        return router

    async def close(self) -> None:
        await self._bus.close()
        self.stage.stop_services()

    async def cases(self, count: int) -> list[Message]:
        """Return the events of so many new cases, in the router's order; their keys exist, as intake made them."""
        engine = create_engine(self.stage.postgres.url, KEYS_DATABASE)
        case_ids = [uuid4() for _ in range(count)]
        kek = KeyEncryptionKey.from_file(self.stage.keys.kek_file)
        await CaseKeys(engine, kek, Service.INTAKE).create_many(case_ids)
        await engine.dispose()
        return [
            message
            for case_id in case_ids
            for message in planned_case(self._speaker, case_id, self._chosen.sample(self._agencies, OFFERS))
        ]

    async def say(self, messages: Sequence[Message]) -> None:
        for first in range(0, len(messages), _CHUNK):
            if not all(await self._bus.publish(messages[first : first + _CHUNK])):
                raise RuntimeError("the broker did not confirm")

    def listen(self) -> Arrivals:
        """Return what the webhooks bring from now on."""
        arrivals = Arrivals()
        self.stage.receiver.taken = arrivals.offered
        return arrivals

    def cpu_milliseconds(self, service: Service) -> float:
        return 1000 * cpu_seconds([self.stage.replicas[service].pid])

    async def _subscribe(self) -> None:
        base = self.stage.replicas[Service.NOTIFIER].base
        async with httpx.AsyncClient(timeout=30) as client:
            for agency in self._agencies:
                answer = await client.post(
                    f"{base}/notifier/v1/subscriptions",
                    headers=self.stage.tokens.headers(Role.AGENCY, str(agency)),
                    json={"channel": "webhook", "endpoint": self.stage.receiver.url(str(agency))},
                )
                answer.raise_for_status()
        await self._until("SELECT NOT EXISTS (SELECT FROM subscriptions WHERE status <> 'active')", Service.NOTIFIER)

    async def settled(self, referrals: int) -> None:
        """Wait until intake stored so many packets more and no delivery is on its way. Raises TimeoutError."""
        await self._until("SELECT count(*) >= $1 FROM packets", Service.INTAKE, referrals)
        await self._until("SELECT NOT EXISTS (SELECT FROM deliveries WHERE status = 'pending')", Service.NOTIFIER)

    async def stored(self) -> int:
        """Return how many packets intake knows."""
        connection = await self.stage.database(Service.INTAKE)
        count: int = await connection.fetchval("SELECT count(*) FROM packets")
        await connection.close()
        return count

    async def _until(self, question: str, service: Service, *values: int) -> None:
        connection = await self.stage.database(service)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await connection.fetchval(question, *values):  # noqa: ASYNC110  (the answer is in another process)
                    await asyncio.sleep(0.1)
        finally:
            await connection.close()


async def under_load(router: Router, cases: int) -> Load:
    """Say so many cases at once, wait until everything was stored and told."""
    messages, referrals = await router.cases(cases), cases * OFFERS
    stored, arrivals = await router.stored(), router.listen()
    before = [router.cpu_milliseconds(service) for service in HEARERS]
    begun = time.monotonic()
    await router.say(messages)
    await _arrive(arrivals, referrals)
    await router.settled(stored + referrals)
    intake, notifier = [
        (router.cpu_milliseconds(service) - spent) / referrals for service, spent in zip(HEARERS, before, strict=True)
    ]
    return Load(notifier, intake, referrals / (max(arrivals.moments.values()) - begun))


async def unloaded(router: Router, cases: int) -> list[float]:
    """Return milliseconds from the publishing of a case to each of its webhooks, one case at a time."""
    pauses = random.Random(1)  # noqa: S311  (the same pauses each time)
    milliseconds: list[float] = []
    for _ in range(cases):
        messages, arrivals = await router.cases(1), router.listen()
        begun = time.monotonic()
        await router.say(messages)
        await _arrive(arrivals, OFFERS)
        milliseconds += [1000 * (moment - begun) for moment in arrivals.moments.values()]
        await asyncio.sleep(pauses.uniform(*_PAUSE_SECONDS))
    return milliseconds


async def _arrive(arrivals: Arrivals, expected: int) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(arrivals.moments) < expected:  # noqa: ASYNC110  (the receiver is called from a transport)
            await asyncio.sleep(0.002)
