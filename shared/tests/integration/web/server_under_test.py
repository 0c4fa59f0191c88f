"""What the shutdown tests start: two synthetic services behind the real server; each step is one line on stdout."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.loops import Signal
from unavez_shared.runtime import Runtime
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.answer import answer
from unavez_shared.web.app import create_app
from unavez_shared.web.auth import public
from unavez_shared.web.composition import ServiceApp, compose
from unavez_shared.web.serving import serve
from unavez_shared.web.tokens import LocalIssuer, TokenVerifier
from unavez_shared.web.waiting import Arrivals

router = APIRouter()


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


@router.get("/poll", dependencies=[public("a test")])
async def poll(request: Request) -> Response:
    say("polling")

    async def known(_: object) -> list[UUID]:
        return []

    async def nothing() -> None:
        return None

    arrivals = Arrivals(known, wake=Signal(), stopping=request.app.state.runtime.stopping)
    await arrivals.wait_for(uuid4(), nothing, token=None, seconds=60)
    say("answered")
    return answer({"events": []})


@router.get("/batch", dependencies=[public("a test")])
async def batch(_: Request) -> Response:
    """Need 64 MB in blocks of a sealed event's size, and free them below one that lives."""
    blocks = [bytes(16_384) for _ in range(4_000)]
    blocks[:-1] = []
    _alive.extend(blocks)
    return answer({})


_alive: list[bytes] = []


class Steps:
    """A runtime that only tells what it is asked."""

    def __init__(self, service: Service, mode: str) -> None:
        self.service = service
        self.mode = mode
        self.stopping = asyncio.Event()

    async def start(self) -> None:
        say(f"start {self.service}")
        if self.service is Service.DIRECTORY and self.mode == "refuse":
            raise StartupError("no llave / no key")
        if self.service is Service.DIRECTORY and self.mode == "hang":
            await asyncio.Event().wait()

    async def begin_stop(self) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            say(f"begin_stop {self.service}")

    async def stop(self) -> None:
        await self.begin_stop()
        say(f"stop {self.service}")

    async def ready(self) -> dict[str, bool]:
        return {"started": True}


def service_of(service: Service, directory: Path, mode: str) -> ServiceApp:
    settings = ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1/none",
        sealing_keys_dir=directory,
        audit_key_file=directory / "audit.key",
        jwks_file=directory / "jwks.json",
    )
    runtime = cast("Runtime", Steps(service, mode))
    app = create_app(
        service,
        title="Synthetic",
        settings=settings,
        runtime=runtime,
        routers=[router],
        verifier=TokenVerifier.from_settings(settings),
    )
    return ServiceApp(service, app, runtime)


async def announce() -> None:
    say("ready")


def work(directory: Path, port: int, mode: str) -> None:
    LocalIssuer(directory / "issuer.json").write_jwks(directory / "jwks.json")
    services = [service_of(Service.INTAKE, directory, mode), service_of(Service.DIRECTORY, directory, mode)]
    serve(compose(services), services, "127.0.0.1", port, metrics=("127.0.0.1", 0), after_start=announce)


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
