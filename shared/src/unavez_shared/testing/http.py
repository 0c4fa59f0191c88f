"""Talking to a service in a test: its app with its lifespan, without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from unavez_shared.web.composition import ServiceApp, compose


@asynccontextmanager
async def running(*services: ServiceApp) -> AsyncIterator[httpx.AsyncClient]:
    """Start the services in order and give a client; with one service, its paths may be asked without its prefix."""
    app = compose(services)
    base = "http://unavez" + (services[0].service.path if len(services) == 1 else "")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client,
    ):
        yield client
