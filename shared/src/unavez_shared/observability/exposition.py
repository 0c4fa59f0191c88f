"""`/metrics` on a port of its own: never where the outside comes in, off unless a port is given (CONTRACT "Limits")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from unavez_shared.contracts.errors import StartupError
from unavez_shared.observability.metrics import REGISTRY


@contextmanager
def exposed(host: str, port: int) -> Iterator[None]:
    """Answer there while the block runs; port 0 = do not. Raises `StartupError` when the address is not free.

    The library answers in a thread of its own, so a process whose event loop is stuck can still be looked at, and logs
    nothing: its lines would carry addresses (SAFETY N4).
    """
    if port == 0:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry=REGISTRY)
    except OSError as error:
        raise StartupError(
            f"métricas en / metrics on {host}:{port}: {error.strerror}. Cambie / change UNAVEZ_METRICS_HOST, "
            "UNAVEZ_METRICS_PORT (0 = sin métricas / no metrics)"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
