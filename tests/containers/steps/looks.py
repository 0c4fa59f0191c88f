"""What containers may do, and what they write into their logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from containers.stage import CommandError, Stage
from containers.steps.main_job import AGENCY
from containers.table import Row
from unavez_shared.contracts.services import Service

WRITING = """
for each in /x /opt/unavez/x /etc/x; do (: >$each) 2>/dev/null && echo $each; done
grep CapEff /proc/1/status
id -u
"""
REACHING = "import socket; socket.create_connection(('{}', {}), 3)"
ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
SERVERS = ("postgres", "rabbitmq", "gateway")


def run(stage: Stage) -> Iterator[Row]:
    """Look at everything that runs; nothing changes."""
    yield from _rights(stage)
    yield from _networks(stage)
    yield from logs(stage)


def _rights(stage: Stage) -> Iterator[Row]:
    running = {name: stage.inspect(stage.containers(name)[0]) for name in (*map(str, Service), *SERVERS)}
    bound = [name for name, each in running.items() if each["HostConfig"]["Memory"] and each["HostConfig"]["PidsLimit"]]
    yield Row("every container has limits of memory and processes", len(bound) == len(running), f"{len(bound)}")
    healthy = [name for name, each in running.items() if each["State"].get("Health", {}).get("Status") == "healthy"]
    yield Row("every container has a health check, and is healthy", len(healthy) == len(running), f"{len(healthy)}")
    seen = {service: stage.compose("exec", "-T", service, "sh", "-c", WRITING).split() for service in Service}
    free = [str(service) for service, each in seen.items() if each[:2] != ["CapEff:", "0" * 16] or each[-1] == "0"]
    yield Row("no service writes into its image, has a capability or is root", not free, ", ".join(free))
    open_to_see = [str(service) for service in Service if _shows_secrets(stage, service, json.dumps(running[service]))]
    yield Row("no password stands in `docker inspect`", not open_to_see, ", ".join(open_to_see))


def _shows_secrets(stage: Stage, service: Service, inspected: str) -> bool:
    urls = [(stage.secrets / service / name).read_text(encoding="utf-8") for name in ("database-url", "amqp-url")]
    return any(url.split(":")[2].split("@")[0] in inspected for url in urls)


def _networks(stage: Stage) -> Iterator[Row]:
    outside = stage.inspect(AGENCY)["NetworkSettings"]["Networks"]["unavez_outside"]["IPAddress"]
    reach = {service for service in Service if _runs(stage, service, "python", "-c", REACHING.format(outside, 8080))}
    yield Row("the notifier alone reaches the outside", reach == {Service.NOTIFIER}, ", ".join(sorted(reach)))
    reaches = _runs(stage, "gateway", "timeout", "3", "bash", "-c", "exec 3<>/dev/tcp/postgres/5432")
    yield Row("the gateway does not reach the database", not reaches)


def _runs(stage: Stage, service: str, *command: str) -> bool:
    try:
        stage.compose("exec", "-T", service, *command)
    except CommandError:
        return False
    return True


def logs(stage: Stage) -> Iterator[Row]:
    """Look at what was logged so far."""
    lines = {str(service): _lines(stage, service) for service in Service}
    lines |= {name: _lines(stage, name) for name in (f"migrate-{service}" for service in Service)}
    other = {name: line for name, each in lines.items() for line in each if not _is_json(line)}
    yield Row("every line of services and migrations is JSON", not other,
              ", ".join(other) or f"{sum(map(len, lines.values()))} lines")  # fmt: skip
    migrated = [name for name, each in lines.items() if any('"schema_migrated"' in line for line in each)]
    yield Row("each migration logs what it did", len(migrated) == len(Service), f"{len(migrated)}")
    with_address = [name for name, each in lines.items() if ADDRESS.search("\n".join(each))]
    yield Row("no address of anybody stands in a log", not with_address, ", ".join(with_address))
    yield Row("the gateway logs nothing", not _lines(stage, "gateway"))


def broker_errors(stage: Stage) -> list[str]:
    """Return the broker's error lines so far."""
    return [line for line in _lines(stage, "rabbitmq") if "[error]" in line]


def _lines(stage: Stage, service: str) -> list[str]:
    return [line for container in stage.containers(service) for line in stage.log(container)]


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
