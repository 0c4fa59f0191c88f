from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import pytest

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.embedded import EmbeddedBus
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.testing.databases import create_copy
from unavez_shared.testing.messaging import Stage, create_database


@pytest.fixture
async def databases(fresh_databases: str) -> str:
    for service in (Service.INTAKE, Service.REFERRAL_ROUTER):
        await create_copy(
            fresh_databases,
            service.database,
            f"template_messaging_{service.database}",
            partial(create_database, fresh_databases, f"template_messaging_{service.database}"),
        )
    return fresh_databases


@pytest.fixture
async def embedded_stage(databases: str) -> AsyncIterator[Stage]:
    stage = Stage(databases, EmbeddedBus().connect)
    yield stage
    await stage.close()


@pytest.fixture
async def rabbit_stage(databases: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    url = request.getfixturevalue("rabbitmq").new_vhost()
    stage = Stage(databases, lambda service: RabbitBus(url, service))
    yield stage
    await stage.close()


@pytest.fixture(params=["embedded", "rabbit"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """The same stage on both buses."""
    played: Stage = request.getfixturevalue(f"{request.param}_stage")
    return played
