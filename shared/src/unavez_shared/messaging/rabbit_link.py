"""One supervised connection to RabbitMQ: built, watched, and built anew when anything about it is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiormq import Connection
from aiormq.abc import AbstractChannel
from yarl import URL

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.rabbit_properties import tolerate_unreadable_properties
from unavez_shared.observability.log import logger

log = logger(__name__)

HEARTBEAT_SECONDS = 10
RECONNECT_SECONDS = 1.0
WATCHDOG_SECONDS = 5.0
"""How often the topology is looked at again: deleted queues and removed bindings send no notice to publishers."""
_CONNECT_SECONDS = 5
_OPEN_SECONDS = 30
_CLOSE_SECONDS = 3


class Link:
    """Keeps one connection in the state `open_on` puts it in.

    `open_on` gets a fresh connection, opens its channels and calls `watch`; it may raise anything to be called again.
    """

    def __init__(
        self, url: str, service: Service, purpose: str, open_on: Callable[[Connection], Awaitable[None]]
    ) -> None:
        try:
            address = URL(url)
        except ValueError:  # its text quotes the URL
            raise StartupError(
                "UNAVEZ_AMQP_URL no es una dirección / is no address: amqp://usuario@servidor:5672"
            ) from None
        self._url = address.update_query(heartbeat=str(HEARTBEAT_SECONDS), name=f"{service.value} {purpose}")
        self._name = f"{service.value}:{purpose}"
        self._open_on = open_on
        self._channel: AbstractChannel | None = None
        self._check: Callable[[], Awaitable[None]] | None = None
        self._rebuild = asyncio.Event()
        self._check_now = asyncio.Event()
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    def start(self) -> None:
        """Begin connecting, and never stop trying."""
        # The driver logs frames and tracebacks of its own; what an operator needs is in our static events.
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)
        tolerate_unreadable_properties()
        self._task = asyncio.create_task(self._run(), name=self._name)

    @property
    def is_up(self) -> bool:
        """Tell whether everything `open_on` opened is open."""
        return self._up.is_set() and self._channel is not None and not self._channel.is_closed

    async def wait_until_up(self, timeout_seconds: float) -> None:
        """Return when connected. Raises `StartupError` when the broker does not answer or lets nobody in by then."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._up.wait()
        except TimeoutError:
            seconds = f"{timeout_seconds:.0f} s"
            raise StartupError(
                f"RabbitMQ no responde o no deja entrar desde hace {seconds}: revise que esté en marcha, y "
                f"UNAVEZ_AMQP_URL / RabbitMQ has not answered or let us in for {seconds}: see that it runs, and "
                "UNAVEZ_AMQP_URL"
            ) from None

    def watch(self, channel: AbstractChannel, check: Callable[[], Awaitable[None]]) -> None:
        """Rebuild when this channel closes, and when `check`, asked every 5 s, raises."""
        self._channel = channel
        self._check = check

    def rebuild(self) -> None:
        """Something is wrong with this connection: close it and build another."""
        self._rebuild.set()

    def check_soon(self) -> None:
        """Run the check now instead of in some seconds."""
        self._check_now.set()

    async def stop(self) -> None:
        """Close, within some seconds. Idempotent."""
        self._is_stopped = True
        task, self._task = self._task, None
        while task is not None and not task.done():
            # More than once: the driver turns a cancellation that meets it in the middle of a call into an error.
            task.cancel()
            await asyncio.wait([task], timeout=_CLOSE_SECONDS)

    async def _run(self) -> None:
        while not self._is_stopped:
            self._rebuild.clear()
            connection = Connection(self._url)
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await connection.connect()
                async with asyncio.timeout(_OPEN_SECONDS):
                    await self._open_on(connection)
                self._up.set()
                log.info("bus_connected", link=self._name)
                await self._watch(connection)
            except Exception as error:  # noqa: BLE001  (the broker is away, or refuses: try again)
                log.warning("bus_unavailable", link=self._name, error=type(error).__name__)
            finally:
                self._up.clear()
                await _close(connection)
            if not self._is_stopped:
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _watch(self, connection: Connection) -> None:
        """Return when the connection has to be rebuilt."""
        channel, check = self._channel, self._check
        if channel is None or check is None:
            raise RuntimeError("nothing to watch")
        closed = [asyncio.ensure_future(connection.closing), asyncio.ensure_future(channel.closing)]
        rebuild = asyncio.create_task(self._rebuild.wait())
        try:
            while True:
                check_now = asyncio.create_task(self._check_now.wait())
                try:
                    done, _ = await asyncio.wait(
                        [*closed, rebuild, check_now], timeout=WATCHDOG_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    check_now.cancel()
                if done - {check_now}:
                    log.warning("bus_connection_lost", link=self._name)
                    return
                self._check_now.clear()
                async with asyncio.timeout(_OPEN_SECONDS):
                    await check()
        finally:
            for waiter in (*closed, rebuild):
                waiter.cancel()


async def _close(connection: Connection) -> None:
    """Say goodbye, but not for long: a connection is often closed because nobody answers on it."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close()
    except Exception as error:  # noqa: BLE001  (it is being thrown away)
        log.debug("bus_close_failed", error=type(error).__name__)
