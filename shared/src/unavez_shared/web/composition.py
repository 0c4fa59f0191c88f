"""One service, or all four, as one ASGI app: each under its path, started and stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from unavez_shared.contracts.services import Service
from unavez_shared.runtime import Runtime
from unavez_shared.web.answer import answer
from unavez_shared.web.app import readiness
from unavez_shared.web.edge import Shell
from unavez_shared.web.problems import install_handlers
from unavez_shared.web.strangers import Strangers
from unavez_shared.web.tokens import TokenVerifier


@dataclass
class ServiceApp:
    """A service ready to be served."""

    service: Service
    app: FastAPI
    runtime: Runtime
    _keys: asyncio.Task[None] | None = field(default=None, init=False)

    async def start(self) -> None:
        """Load the token keys, start the runtime. Raises `StartupError`."""
        verifier: TokenVerifier = self.app.state.verifier
        await verifier.load()
        self._keys = asyncio.create_task(verifier.run(self.runtime.stopping), name=f"{self.service}:token-keys")
        await self.runtime.start()

    async def begin_stop(self) -> None:
        """Not ready any more; take no new messages."""
        await self.runtime.begin_stop()

    async def stop(self) -> None:
        """Finish and close."""
        await self.runtime.stop()
        if self._keys is not None:
            self._keys.cancel()
            await asyncio.gather(self._keys, return_exceptions=True)


def compose(
    services: Sequence[ServiceApp],
    extra_routes: Sequence[BaseRoute] = (),
    gates: Mapping[str, Callable[[], bool]] | None = None,
) -> Starlette:
    """Return one app with each service at its path; the root is ready when all of them are and every gate is open.

    Mounted apps' lifespans do not run, so this one enters the services in the given order and stops them in reverse;
    when one cannot start, those before it are stopped again.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        entered: list[ServiceApp] = []
        try:
            for service in services:
                entered.append(service)
                await service.start()
            yield
        finally:
            for service in reversed(entered):
                await service.stop()

    async def live(_: Request) -> Response:
        return answer({"status": "live"})

    async def ready(_: Request) -> Response:
        checks = {name: is_open() for name, is_open in (gates or {}).items()}
        for service in services:
            for name, holds in (await service.runtime.ready()).items():
                checks[f"{service.service.value}:{name}"] = holds
        return readiness(checks)

    app = Starlette(
        routes=[
            Route("/health/live", live, methods=["GET"]),
            Route("/health/ready", ready, methods=["GET"]),
            *extra_routes,
            *(Route(service.service.path, _ServiceRoot(service)) for service in services),
            *(Mount(service.service.path, app=service.app) for service in services),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    state = services[0].app.state  # all services of a process believe the same tokens
    app.add_middleware(Strangers, verifier=state.verifier, per_second=state.anonymous_rate_limit)
    app.add_middleware(Shell)
    install_handlers(app)
    return app


class _ServiceRoot:
    """`/directory` is the service's root just as `/directory/` is."""

    def __init__(self, service: ServiceApp) -> None:
        self._path = service.service.path
        self._app = service.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over as the mount does, with the slash it lacks."""
        root = scope.get("root_path", "") + self._path
        below = {"path": f"{self._path}/", "raw_path": f"{self._path}/".encode(), "root_path": root}
        await self._app({**scope, **below}, receive, send)
