"""A broker that is not there is one line that says what to do, and quotes nothing."""

from __future__ import annotations

import pytest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.messaging import rabbit
from unavez_shared.testing.ports import free_port


async def test_a_broker_nobody_reaches_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rabbit, "_START_SECONDS", 0.2)
    bus = rabbit.RabbitBus(f"amqp://synthetic:geheim@127.0.0.1:{free_port()}/", Service.INTAKE)
    try:
        with pytest.raises(StartupError, match="UNAVEZ_AMQP_URL") as refused:
            await bus.start()
    finally:
        await bus.close()
    said = str(refused.value)
    assert ("no responde" in said, "has not answered" in said, "geheim" in said) == (True, True, False)


@pytest.mark.parametrize("url", ["amqp://geheim@server:port/", "amqp://geheim@server:99999/"])
def test_what_is_no_broker_address_is_named_and_not_quoted(url: str) -> None:
    with pytest.raises(StartupError, match="UNAVEZ_AMQP_URL") as refused:
        rabbit.RabbitBus(url, Service.INTAKE)
    assert "geheim" not in str(refused.value)
