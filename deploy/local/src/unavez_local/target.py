"""Which installation a command works on: a data directory with its own PostgreSQL, or a database server by URL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unavez_local.composition import Installation, default_data_directory
from unavez_local.data_directory import DataDirectory, DataElsewhere
from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.database import UNREACHABLE, create_engine
from unavez_shared.persistence.schema import born_demo


@contextmanager
def reached(data_dir: Path | None, database_url: str | None) -> Iterator[Installation]:
    """Yield the installation. Its PostgreSQL is started for the moment when it is not running, and then stopped.

    A database URL needs no data directory here: whether the data are demo or real stands in the databases, and the
    keys are where the environment says. Raises StartupError when there is no installation at `data_dir` or the URL.
    """
    path = data_dir or default_data_directory()
    if database_url is not None:
        is_here = data_dir is not None or DataDirectory.exists(path)
        here = DataDirectory.open(path) if is_here else None
        demo = asyncio.run(_born_demo(database_url))  # the server answers, or this is where it is said
        data = here or DataElsewhere(demo)
        yield Installation(data=data, keys=data.keys(), database_url=database_url)
        return
    data = DataDirectory.open(path)
    server = EmbeddedPostgres(data.path)
    was_running = server.pid() is not None
    server.start()
    try:
        yield Installation(data=data, keys=data.keys(), database_url=server.url)
    finally:
        if not was_running:
            server.stop()


async def _born_demo(database_url: str) -> bool:
    engine = create_engine(database_url, Service.DIRECTORY.database, pool_size=1)
    try:
        return await born_demo(engine)
    except UNREACHABLE:
        database = Service.DIRECTORY.database
        raise StartupError(
            f"no se puede leer {database} en ese servidor: revise --database-url / {database} cannot be read on that "
            "server: check --database-url"
        ) from None
    finally:
        await engine.dispose()
