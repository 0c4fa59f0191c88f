"""`unavez doctor` on a product that runs, both ways."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from unavez_local.cli import app
from unavez_tests.world import World


def test_a_running_product_is_green_and_only_what_cannot_be_seen_is_skipped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UNAVEZ_DATABASE_URL", "UNAVEZ_AMQP_URL", "UNAVEZ_AMQP_MANAGEMENT_URL", "UNAVEZ_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    options = [part for option in world.servers.items() for part in option]
    if not world.servers:
        options = ["--public-url", world.bases["/intake"]]
    result = CliRunner().invoke(app, ["doctor", "--json", "--data-dir", str(world.data.path), *options])
    assert result.exit_code == 0, result.output
    not_green = {each["code"] for each in json.loads(result.stdout)["checks"] if each["status"] != "ok"}
    management = {"broker_management", "broker_topology", "broker_alarms"}
    broker = {"broker_reachable", "broker_version", "broker_queues", "broker_consumers", "dead_letters"}
    assert not_green == (management | {"services_ready"} if world.servers else management | broker)
