"""Services that die, stop or hang, anywhere and at the worst moments."""

from __future__ import annotations

import random
import signal
import threading
import time

from unavez_shared.contracts.services import Service
from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.harness import REPLICAS, Stage
from unavez_tests.chaos.history import OrganizationId, Told
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.proxy import Direction
from unavez_tests.chaos.servers import wait_until

_UP, _DOWN = frozenset({Direction.UP}), frozenset({Direction.DOWN})
_STRUCK_SECONDS = 20.0
_CASES = "SELECT count(*) FROM cases"
_OUTBOX = "SELECT count(*) FROM outbox"


def kill_each_service(stage: Stage, _: Load) -> None:
    """Both replicas of each service in turn."""
    for service in Service:
        stage.kill(service)
        time.sleep(0.5)
        stage.revive()


def kill_at_random(stage: Stage, load: Load) -> Measures:
    """Each replica of each service until twenty are dead per service; none while it is still starting."""
    before = len(load.posted)
    dice = random.Random(20)  # noqa: S311
    victims = [replica for replica in stage.replicas for _ in range(20 // REPLICAS)]
    dice.shuffle(victims)
    for replica in victims:
        time.sleep(dice.uniform(0.05, 0.8))
        replica.wait_until_ready()
        replica.kill()
        replica.start()
    answered = len(load.posted) - before
    assert answered, "nothing was under way"
    return {"kills": len(victims), "intakes answered meanwhile": answered}


def roll(stage: Stage, _: Load) -> Measures:
    """SIGTERM one replica after the other, as a deployment does."""
    slowest, cut_off = 0.0, stage.gateway.cut_off
    for replica in stage.replicas:
        begun = time.monotonic()
        assert replica.terminate() == 0, f"{replica.name} did not end cleanly"
        slowest = max(slowest, time.monotonic() - begun)
        replica.start()
        replica.wait_until_ready()
    assert slowest < 25, f"SIGTERM took {slowest:.1f} s"
    assert stage.gateway.cut_off == cut_off, "a request was taken and not answered"
    return {"slowest SIGTERM, s": slowest}


def hang_services(stage: Stage, _: Load) -> None:
    """SIGSTOP one replica of every service for 40 s, then the other one: whoever was active was hit."""
    for number in range(1, REPLICAS + 1):
        hung = [replica for replica in stage.replicas if replica.number == number]
        for replica in hung:
            replica.send(signal.SIGSTOP)
        time.sleep(40)
        for replica in hung:
            replica.send(signal.SIGCONT)


# --- kill -9 at named points ---------------------------------------------------------------------------------------


def kill_between_commit_and_publish(stage: Stage, load: Load) -> None:
    """Nothing intake publishes leaves its machine; it answers 201; then the machine dies."""
    stage.to_broker[Service.INTAKE].blackhole(_UP)
    load.post(5)
    assert stage.ledger.value(Service.INTAKE.database, _OUTBOX) >= 5
    _kill(stage, Service.INTAKE)


def kill_between_publish_and_delete(stage: Stage, load: Load) -> None:
    """The broker confirms and nobody hears it: the same messages are published again by the next process."""
    before = stage.ledger.value(Service.REFERRAL_ROUTER.database, _CASES)
    stage.to_broker[Service.INTAKE].blackhole(_DOWN)
    load.post(5)
    wait_until(
        lambda: stage.ledger.value(Service.REFERRAL_ROUTER.database, _CASES) >= before + 5,
        _STRUCK_SECONDS,
        "the router never heard of the cases",
    )
    assert stage.ledger.value(Service.INTAKE.database, _OUTBOX) >= 5, "deleted without a confirm"
    _kill(stage, Service.INTAKE)


def kill_between_commit_and_ack(stage: Stage, load: Load) -> None:
    """The router applies and its acknowledgements vanish: the same messages come again to the next process."""
    before = stage.ledger.value(Service.REFERRAL_ROUTER.database, _CASES)
    stage.to_broker[Service.REFERRAL_ROUTER].blackhole(_UP)
    load.post(5)
    wait_until(
        lambda: stage.ledger.value(Service.REFERRAL_ROUTER.database, _CASES) >= before + 5,
        _STRUCK_SECONDS,
        "the router never applied the cases",
    )
    _kill(stage, Service.REFERRAL_ROUTER)


def kill_between_webhook_and_completion(stage: Stage, load: Load) -> Measures:
    """The agency has the event and answers 2xx to a notifier that is dead: it gets the event again, and knows it."""
    struck, once = threading.Event(), threading.Lock()
    delivered: list[str] = []

    def die(_: OrganizationId, told: Told) -> bool:
        delivered.append(told.event_id)
        with once:
            if not struck.is_set():
                stage.kill(Service.NOTIFIER)
                struck.set()
        return False

    stage.agencies.misbehave = die
    load.post(3)
    assert struck.wait(_STRUCK_SECONDS), "no webhook came"
    stage.agencies.misbehave = None
    stage.revive()
    wait_until(lambda: stage.agencies.times_delivered(delivered[0]) >= 2, 40, "the event never came again")
    return {"delivered again": sum(stage.agencies.times_delivered(one) > 1 for one in set(delivered))}


def _kill(stage: Stage, service: Service) -> None:
    """Kill both replicas; their machine is gone, so the broker hears it from no proxy."""
    stage.kill(service)
    stage.to_broker[service].heal()
    stage.to_broker[service].reset()
