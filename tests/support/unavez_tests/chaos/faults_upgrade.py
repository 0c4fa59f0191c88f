"""A new version meets what the previous one left: rows of its schema, and messages in flight."""

from __future__ import annotations

import asyncio
import time

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from unavez_local.composition import PACKAGES, migrate
from unavez_shared.contracts.services import Service
from unavez_shared.persistence import migrations
from unavez_shared.persistence.database import create_engine
from unavez_tests.chaos.fault import Measures
from unavez_tests.chaos.faults_messages import publish_of_unknown_version
from unavez_tests.chaos.harness import Stage
from unavez_tests.chaos.load import Load
from unavez_tests.chaos.servers import wait_until

_PARKS = Service.REFERRAL_ROUTER
_OUTBOX = "SELECT count(*) FROM outbox"


def upgrade_with_messages_in_flight(stage: Stage, load: Load) -> Measures:
    """Stop everything with full outboxes, a full queue and a parked message, on the previous schema; migrate, start.

    The previous schema is made by taking the last migration back: what remains is what its writers would have left.
    """
    before = stage.ledger.value(_PARKS.database, "SELECT count(*) FROM parked")
    asyncio.run(publish_of_unknown_version(stage))
    parked = "SELECT count(*) FROM parked"
    wait_until(lambda: stage.ledger.value(_PARKS.database, parked) > before, 20, "nothing was parked")
    # The notifier is away, so its queue fills; then the router's events cannot leave, so its outbox fills.
    stage.kill(Service.NOTIFIER)
    time.sleep(3)
    stage.to_broker[Service.REFERRAL_ROUTER].away()
    stage.to_broker[Service.INTAKE].away()
    load.post(3)
    wait_until(lambda: stage.ledger.value(Service.INTAKE.database, _OUTBOX) > 0, 20, "intake's outbox stayed empty")
    for replica in stage.replicas:
        if replica.is_alive():
            replica.terminate()
    for service in Service:
        # The previous version forgot what the broker had confirmed: the queues alone hold it.
        stage.ledger.query(service.database, "DELETE FROM outbox WHERE sent_at IS NOT NULL")
    in_flight = sum(stage.ledger.value(service.database, _OUTBOX) for service in Service)
    asyncio.run(_take_back(stage))
    for service in Service:
        assert stage.of(service)[0].refuses_to_start(), f"{service.value} started on the previous schema"
    asyncio.run(migrate(stage.ledger.server.url, lambda _: None))
    stage.allow(f"parked of {_PARKS.value}", 1)
    queued = sum(stage.broker.waiting().values())
    assert in_flight, "the outboxes were empty"
    assert queued, "the queues were empty"
    return {"rows in outboxes": in_flight, "queued": queued}


async def _take_back(stage: Stage) -> None:
    for service, package in PACKAGES.items():
        config = migrations._config(package)
        engine = create_engine(stage.ledger.server.url, service.database, pool_size=1, command_seconds=None)
        async with engine.begin() as connection:
            await connection.run_sync(_downgrade, config)
        await engine.dispose()


def _downgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.downgrade(config, "-1")
