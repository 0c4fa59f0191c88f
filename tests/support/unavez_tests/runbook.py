"""The commands of a runbook page, run as they stand there: where it says `docker compose`, on servers of our own.

A program called `docker` stands in for the engine. `exec` and `run` run what the container would, with its environment.
What starts, stops or removes a container does nothing here: the test does it where the page does.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import make_url

from unavez_local.postgres import EmbeddedPostgres, _binaries
from unavez_shared.contracts.services import Service
from unavez_shared.testing.rabbitmq import RabbitServer, find_server
from unavez_tests.chaos.servers import wait_until
from unavez_tests.containers import ROOT, Installation, define_broker, forget_broker

_SUPERUSER = "postgres"
"""As the stock image calls it; our own launcher has another one."""

_READY_SECONDS = 60
_DOCKER = f"""\
#!{sys.executable}
import json, os, sys
from pathlib import Path
what, verb, *rest = sys.argv[1:]
if what == "compose" and verb in ("exec", "run"):
    name, *command = [each for each in rest if each not in ("-T", "--rm")]
    container = json.loads((Path(__file__).parent / "containers.json").read_text())[name]
    if command[:2] == ["/bin/sh", "/opt/unavez/entrypoint.sh"]:
        command = command[2:]
    command = command or container["command"]
    os.execvpe(command[0], command, container["environment"])
"""
_UV = f"""\
#!/bin/sh
shift
exec {sys.executable} "$@"
"""


def commands(page: str) -> list[str]:
    """Return the shell blocks of a page, in order."""
    text = (ROOT / "docs" / "runbooks" / page).read_text(encoding="utf-8")
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)]


class Shell:
    """A checkout of its own for a page's commands, and the programs they call."""

    def __init__(self, folder: Path, *, places: Mapping[str, Path]) -> None:
        """`places` = folders the page names, and where they are."""
        folder.mkdir()
        (folder / "deploy").symlink_to(ROOT / "deploy")
        self.folder = folder
        self.secrets = folder / ".unavez" / "containers"
        self._places = places
        self._programs = folder / "programs"
        self._programs.mkdir()
        for name, text in (("docker", _DOCKER), ("uv", _UV)):
            (self._programs / name).write_text(text, encoding="utf-8")
            (self._programs / name).chmod(0o700)

    def run(self, block: str) -> str:
        """Run a block of commands; return what it prints. Fails when one of them fails."""
        for said, meant in self._places.items():
            block = block.replace(said, str(meant))
        environment = {**os.environ, "PATH": f"{self._programs}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["sh", "-eu", "-c", block], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout


class Machine(Shell):
    """One machine: its PostgreSQL, folder of secrets and services, a broker, and a shell for a page's commands."""

    def __init__(
        self, folder: Path, rabbitmq: RabbitServer, *, places: Mapping[str, Path], settings: Mapping[str, str]
    ) -> None:
        """`places` = folders the page names, and where they are; `settings` of the services besides their secrets."""
        super().__init__(folder, places=places)
        self.server = EmbeddedPostgres(folder / "server")
        self._rabbitmq = rabbitmq
        self._settings = settings
        self._installation: Installation | None = None
        self._containers: dict[str, Any] = {}

    @property
    def services(self) -> Installation:
        assert self._installation is not None, "no servers yet"
        return self._installation

    def start_servers(self) -> None:
        """Start an empty PostgreSQL and an empty broker with what the secrets say of them."""
        self.server.start()
        host, password = str(self.server._socket_directory()), str(make_url(self.server.url).password)
        superuser = f"CREATE ROLE {_SUPERUSER} SUPERUSER LOGIN PASSWORD '{password}'"
        done = self.server._run("psql", "-d", self.server.url, "-c", superuser)
        assert done.returncode == 0, done.stderr
        broker = define_broker(self._rabbitmq, self.secrets)
        self._installation = Installation(self.secrets, host, broker, self._settings)
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
        roles = [*compose["database-roles"]["entrypoint"], *compose["database-roles"]["command"]]
        script = self.secrets / "postgres" / "roles.sql"
        mounted = {"--host=postgres": f"--host={host}", "--file=/run/secrets/roles.sql": f"--file={script}"}
        self._add("postgres", {"PGHOST": host, "PGPASSWORD": password})
        self._add("database-roles", {"PGPASSWORD": password}, [mounted.get(each, each) for each in roles])
        self._add("rabbitmq", self._rabbitmq._environment())
        for service in Service:
            self._add(service.value, self.services.environment(service))

    def start_services(self) -> None:
        """Migrate and start all four; return when they are ready."""
        self.services.start(self.folder)
        wait_until(self.services.is_ready, _READY_SECONDS, "the services did not become ready")

    def sql(self, database: str, statement: str) -> str:
        """Run one statement as the superuser; return its rows."""
        return self.run(f'docker compose exec -T postgres psql -U postgres -At -d {database} -c "{statement}"').strip()

    def lose_broker(self) -> None:
        """Lose every queue and message."""
        forget_broker(self._rabbitmq)

    def renew_broker(self) -> None:
        """Lose every queue and message; the definitions are read again, as at the first start of an empty one."""
        self.lose_broker()
        define_broker(self._rabbitmq, self.secrets)

    def close(self) -> None:
        """Stop what runs. Idempotent."""
        if self._installation is not None:
            for process in self._installation.processes.values():
                process.kill()
                process.wait(10)
            self._installation.processes.clear()
        self.server.stop()

    def _add(self, name: str, environment: Mapping[str, str], command: list[str] | None = None) -> None:
        path = f"{_binaries()}:{find_server()}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._containers[name] = {"environment": {**environment, "PATH": path}, "command": command}
        (self._programs / "containers.json").write_text(json.dumps(self._containers), encoding="utf-8")
