"""Which installation a command works on: a data directory with its own PostgreSQL, or a database server by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unavez_local.composition import Installation, default_data_directory
from unavez_local.data_directory import DataDirectory
from unavez_local.postgres import EmbeddedPostgres


@contextmanager
def reached(data_dir: Path | None, database_url: str | None) -> Iterator[Installation]:
    """Yield the installation. Its PostgreSQL is started for the moment when it is not running, and then stopped.

    Raises StartupError when there is no installation at `data_dir`.
    """
    data = DataDirectory.open(data_dir or default_data_directory())
    if database_url is not None:
        yield Installation(data=data, keys=data.keys(), database_url=database_url)
        return
    server = EmbeddedPostgres(data.path)
    was_running = server.pid() is not None
    server.start()
    try:
        yield Installation(data=data, keys=data.keys(), database_url=server.url)
    finally:
        if not was_running:
            server.stop()
