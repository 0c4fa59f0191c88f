"""A checkout of its own with an installation in containers: its shell, its engine's view, its HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any
from uuid import UUID

import httpx

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.testing.ports import free_port
from unavez_shared.web.tokens import LocalIssuer
from unavez_tests.chaos.servers import wait_until

ROOT = Path(__file__).parents[2]
PROJECT = "unavez"
"""Of the compose file."""
PAGES_URL = "http://127.0.0.1:8000"
"""Of the pages, where port 8000 is free."""
SETTINGS = ".unavez/containers/environment"
TEAM = UUID("00000000-0000-4000-8000-000000000001")
"""The organization the README issues its tokens for."""
READY_SECONDS = 90
_OWNERS_BITS = 0o700
_COMMAND_SECONDS = 900


class CommandError(Exception):
    """A command of the engine or of a page failed; the text is the end of what it printed."""


class Stage:
    """The installation. `places` = folders the pages name, and where they are."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unavez-containers-"))
        self.checkout = self.folder / "checkout"
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir(mode=0o700)
        self.port = 8000 if _is_free(8000) else free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self.tokens: dict[tuple[Role, str], str] = {}

    def copy_checkout(self) -> None:
        """Copy git's files, committed or not, with the modes they have after a clone with a umask of 077."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            source, target = ROOT / name, self.checkout / name
            if source.is_file():
                target.parent.mkdir(mode=_OWNERS_BITS, parents=True, exist_ok=True)
                copyfile(source, target)
                target.chmod(source.stat().st_mode & _OWNERS_BITS)

    def is_taken(self) -> bool:
        """Tell whether an installation of the same name is here already: nothing of it is touched."""
        label = f"label=com.docker.compose.project={PROJECT}"
        listings = (["ps", "--all", "--quiet"], ["volume", "ls", "--quiet"])
        return any(self.docker(*listing, "--filter", label).strip() for listing in listings)

    # --- commands ----------------------------------------------------------------------------------------------------

    def shell(self, block: str, **settings: str) -> str:
        """Run a block of a page in the checkout; return what it prints. Raises CommandError."""
        block = block.replace(PAGES_URL, self.url).replace("/another/place", str(self.elsewhere))
        return self._run(["bash", "-euo", "pipefail", "-c", block], settings)

    def compose(self, *arguments: str, **settings: str) -> str:
        return self._run(["docker", "compose", *arguments], settings)

    def docker(self, *arguments: str) -> str:
        return self._run(["docker", *arguments], {})

    def _run(self, command: Sequence[str], settings: dict[str, str]) -> str:
        environment = {**os.environ, "COMPOSE_ENV_FILES": SETTINGS, **settings}
        folder = self.checkout if self.checkout.exists() else self.folder
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_COMMAND_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise CommandError(f"{command[-1]}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
        return done.stdout

    # --- containers --------------------------------------------------------------------------------------------------

    @property
    def secrets(self) -> Path:
        return self.checkout / ".unavez" / "containers"

    def set(self, *lines: str) -> None:
        """Write settings into `environment`, as the README says."""
        with (self.checkout / SETTINGS).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def containers(self, service: str) -> list[str]:
        """Return the ids of a service's containers, stopped ones too."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspect(self, container: str) -> Any:
        return json.loads(self.docker("inspect", container))[0]

    def log(self, container: str) -> list[str]:
        """Return the lines of both streams that are not empty."""
        done = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=False)
        return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]

    def kill(self, container: str) -> None:
        """Send SIGKILL as the kernel would, from outside: after `docker kill` an engine does not start it again."""
        pid = self.inspect(container)["State"]["Pid"]
        script = f"import os; os.kill({pid}, 9)"
        self.docker("run", "--rm", "--pid=host", "--user=0", "--entrypoint=python", "unavez/operations", "-c", script)

    # --- HTTP --------------------------------------------------------------------------------------------------------

    @cached_property
    def _issuer(self) -> LocalIssuer:
        return LocalIssuer(self.secrets / "issuer" / "issuer.json")

    def token(self, role: Role, organization: str | UUID = TEAM) -> str:
        key = (role, str(organization))
        if key not in self.tokens:
            self.tokens[key] = self._issuer.token(role=role, organization_id=UUID(str(organization)), subject="check-1")
        return self.tokens[key]

    def ask(
        self, method: str, path: str, role: Role | None = None, organization: str | UUID = TEAM, body: Any = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(role, organization)}"} if role else {}
        return self.client.request(method, path, headers=headers, json=body)

    def is_ready(self) -> bool:
        try:
            return all(self.client.get(f"{each.path}/health/ready", timeout=5).is_success for each in Service)
        except httpx.TransportError:
            return False

    def wait_until_ready(self) -> float:
        """Return after how many seconds all four were ready. Raises AssertionError."""
        return wait_until(self.is_ready, READY_SECONDS, "the services did not become ready", poll=0.1)

    def close(self) -> None:
        """Remove the installation with its data, and the checkout."""
        self.client.close()
        try:
            if (self.checkout / SETTINGS).exists():
                self.compose("down", "--volumes", "--remove-orphans")  # nothing of another checkout: `is_taken`
        finally:
            rmtree(self.folder)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
