"""Uvicorn. Stopping (ARCHITECTURE "Running it"): not ready, consumers off, HTTP off, drain, close."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import uvicorn
from starlette.applications import Starlette

from unavez_shared.contracts.errors import StartupError
from unavez_shared.observability.exposition import exposed
from unavez_shared.observability.log import logger
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.connections import BoundedConnection, Door
from unavez_shared.web.memory import keep_giving_back

log = logger(__name__)

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
AfterStart = Callable[[], Awaitable[None]]
REFUSED_TO_START: Final = 2
"""Exit code."""
MOST_CONNECTIONS: Final = 4_000
"""Of clients, at once, in one process; fewer where the system gives fewer files."""
_OTHER_FILES: Final = 500
"""What a process opens besides: databases, bus, webhooks, keys."""


class _Server(uvicorn.Server):
    """Begins the services' stop before it stops listening, and leaves signals to `serve`."""

    def __init__(self, config: uvicorn.Config, services: Sequence[ServiceApp], after_start: AfterStart | None) -> None:
        super().__init__(config)
        self.server_state = Door(_connections())
        self._services = services
        self._after_start = after_start
        self._beside: list[asyncio.Task[None]] = []

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers alone: uvicorn's would raise the signal again after a clean stop."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell that the port answers."""
        await super().startup(sockets)
        # What start-up made lives as long as the process: the collector need not walk through it again and again.
        gc.collect()
        gc.freeze()
        self._beside.append(asyncio.create_task(keep_giving_back(), name="memory"))
        if self._after_start is not None:
            self._beside.append(asyncio.create_task(self._announce(self._after_start), name="after-start"))

    async def _announce(self, after_start: AfterStart) -> None:
        try:
            await after_start()
        except Exception as error:  # noqa: BLE001  (the services run: what follows their start cannot end them)
            log.warning("after_start_failed", error=type(error).__name__)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the services first: long polls answer, consumers settle what they have."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await asyncio.gather(*(service.begin_stop() for service in self._services), return_exceptions=True)
        await super().shutdown(sockets)


def serve(
    app: Starlette,
    services: Sequence[ServiceApp],
    host: str,
    port: int,
    *,
    metrics: tuple[str, int],
    after_start: AfterStart | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; a second one changes nothing. Returns after everything is closed.

    `metrics` is where `/metrics` answers (host and port; port 0 = nowhere). `after_start` runs beside the server as
    soon as the port answers. What cannot be honoured at start-up is one line
    on stderr and exit code 2.
    """
    try:
        with exposed(*metrics):
            run(_serve(app, services, host, port, after_start))
    except StartupError as error:
        refuse(str(error))


async def _serve(
    app: Starlette, services: Sequence[ServiceApp], host: str, port: int, after_start: AfterStart | None
) -> None:
    listener = _bind(host, port)
    config = uvicorn.Config(
        app,
        loop="none",
        http=BoundedConnection,
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=20,
    )
    server = _Server(config, services, after_start)
    running = asyncio.ensure_future(_run(app, server, listener))
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:
            asked = True
            if server.started:
                server.should_exit = True
            else:
                running.cancel()  # still starting (waiting for a broker, say): give up

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await running
    except asyncio.CancelledError:
        if not asked:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise
    finally:
        listener.close()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _run(app: Starlette, server: _Server, listener: socket.socket) -> None:
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listener])


def _connections() -> int:
    """Return how many connections fit, after asking the system for as many files as it takes."""
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MOST_CONNECTIONS, soft - _OTHER_FILES))


def _bind(host: str, port: int) -> socket.socket:
    # Bound before anything starts: a taken port is said at once, not after the services are up.
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except (OSError, OverflowError):
            listener.close()
            raise
    except OverflowError:
        raise StartupError(f"{port} no es un puerto: de 1 a 65535 / is no port: 1 to 65535") from None
    except OSError as error:
        raise StartupError(
            f"{host}:{port} no está libre ({error.strerror}): elija otro puerto (--port, UNAVEZ_PORT) o detenga lo que "
            "lo usa / is not free: choose another port, or stop what uses it"
        ) from None
    listener.set_inheritable(True)
    return listener


def check_free(host: str, port: int) -> None:
    """Raise `StartupError` when nobody could listen there: before what takes longer is started."""
    _bind(host, port).close()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on uvloop; a `StartupError` becomes one clear line and exit code 2."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(work)
    except StartupError as error:
        refuse(str(error))


def refuse(reason: str) -> NoReturn:
    """Say why the program does not start, and end it."""
    sys.stderr.write(f"Unavez no arranca / does not start: {reason}\n")
    raise SystemExit(REFUSED_TO_START)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415  (not installed on Windows)

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
