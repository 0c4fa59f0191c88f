"""Restarts, kills and replicas, under traffic: it comes back by itself, and no intake is lost."""

from __future__ import annotations

from collections.abc import Iterator

from containers.stage import Stage
from containers.steps.looks import broker_errors
from containers.table import Row
from containers.traffic import Traffic
from unavez_shared.contracts.services import Service
from unavez_tests.chaos.servers import wait_until

EVERYTHING = (*map(str, Service), "gateway", "rabbitmq", "postgres")
BACK_SECONDS = 90
QUIET_INTAKES = 30
"""So many pass while the broker's log is watched."""


def run(stage: Stage) -> Iterator[Row]:
    """One after the other."""
    yield from _quiet(stage)
    yield _restarted(stage)
    for name in EVERYTHING:
        yield _killed(stage, name)
    for service in Service:
        yield _one_of_two_killed(stage, service)


def _quiet(stage: Stage) -> Iterator[Row]:
    before = len(broker_errors(stage))
    with Traffic(stage) as traffic:
        wait_for_intakes(traffic, QUIET_INTAKES)
    lost, errors = traffic.lost(), broker_errors(stage)[before:]
    yield Row("nothing wrong: nobody is refused", not traffic.refused and not lost, traffic.measured)
    yield Row("nothing wrong: the broker logs no error", not errors, f"{len(errors)} in as long")


def _restarted(stage: Stage) -> Row:
    with Traffic(stage) as traffic:
        wait_for_intakes(traffic, 1)
        stage.compose("restart", *Service)
        seconds = stage.wait_until_ready()
        wait_for_intakes(traffic, 3)
    lost = traffic.lost()
    return Row(
        "all services restarted: no intake is lost", not lost, f"ready {seconds:.1f} s later; {traffic.measured}"
    )


def _killed(stage: Stage, name: str) -> Row:
    with Traffic(stage) as traffic:
        wait_for_intakes(traffic, 1)
        (container,) = stage.containers(name)
        starts = stage.inspect(container)["RestartCount"]
        stage.kill(container)
        back = wait_until(lambda: stage.inspect(container)["RestartCount"] > starts, BACK_SECONDS, f"{name} stays away")
        seconds = back + stage.wait_until_ready()
        wait_for_intakes(traffic, 3)
    lost = traffic.lost()
    return Row(f"{name} killed: back by itself, no intake is lost", not lost, f"{seconds:.1f} s; {traffic.measured}")


def _one_of_two_killed(stage: Stage, service: Service) -> Row:
    scale = ("up", "--detach", "--wait", "--no-deps", "--no-recreate", "--scale")
    stage.compose(*scale, f"{service}=2", service)
    first, _ = stage.containers(service)
    with Traffic(stage) as traffic:
        wait_for_intakes(traffic, 5)
        stage.kill(first)
        wait_for_intakes(traffic, 20)
        wait_until(lambda: stage.inspect(first)["State"]["Health"]["Status"] == "healthy", BACK_SECONDS, "stays away")
    lost = traffic.lost()
    stage.compose(*scale, f"{service}=1", service)
    return Row(f"two of {service}, one killed: nobody is refused", not lost and not traffic.refused, traffic.measured)


def wait_for_intakes(traffic: Traffic, more: int) -> None:
    wanted = len(traffic.plans) + more
    wait_until(lambda: len(traffic.plans) >= wanted, BACK_SECONDS, "no intake is taken any more")
