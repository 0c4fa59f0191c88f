"""When a demo is ready: the router knows every service the directory published."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from unavez_local.composition import Installation
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.database import create_engine

_COUNT = {
    Service.DIRECTORY: text("SELECT count(*) FROM services"),
    Service.REFERRAL_ROUTER: text("SELECT count(*) FROM services"),
}


async def directory_has_arrived(installation: Installation, *, seconds: float) -> bool:
    """Wait until the router's projection holds as many services as the directory; False when time is over."""
    engines = {service: create_engine(installation.database_url, service.database, pool_size=1) for service in _COUNT}
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        while True:
            counts = []
            for service, engine in engines.items():
                async with engine.connect() as connection:
                    counts.append(await connection.scalar(_COUNT[service]))
            if counts[0] == counts[1]:
                return True
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.1)
    finally:
        for engine in engines.values():
            await engine.dispose()
