"""What is left: logs of the whole run, memory, clean stops, data after `down` and `up`, no stray volume."""

from __future__ import annotations

from collections.abc import Iterator

from containers.stage import Stage
from containers.steps.looks import logs
from containers.steps.main_job import AGENCY
from containers.table import Row
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service

ORDER = (*map(str, Service), "gateway", "rabbitmq", "postgres")


def run(stage: Stage) -> Iterator[Row]:
    """Stop everything, start it again."""
    yield from logs(stage)
    usage = stage.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
    memory = [line.partition(" / ")[0].removeprefix("unavez-") for line in usage.splitlines() if "unavez-" in line]
    yield Row("memory", True, "; ".join(sorted(memory)))
    before, volumes = _events(stage), _anonymous(stage)
    stage.compose("stop")
    codes = {name: stage.inspect(stage.containers(name)[0])["State"]["ExitCode"] for name in ORDER}
    unclean = {name: code for name, code in codes.items() if code}
    yield Row("everything stops by itself", not unclean, str(unclean or ""))
    stage.docker("rm", "--force", "--volumes", AGENCY)
    stage.compose("down")
    stage.compose("up", "--detach", "--wait")
    stage.wait_until_ready()
    again = _events(stage)
    yield Row("down and up: the data are there", again >= before > 0, f"{before} events, then {again}")
    more = _anonymous(stage) - volumes
    yield Row("no volume without a name is left behind", not more, f"{len(more)}")


def _events(stage: Stage) -> int:
    return int(stage.ask("GET", "/notifier/v1/events?after=0&limit=500", Role.FRONTLINE).json()["next"])


def _anonymous(stage: Stage) -> set[str]:
    names = stage.docker("volume", "ls", "--quiet").split()
    return {name for name in names if len(name) == 64}
