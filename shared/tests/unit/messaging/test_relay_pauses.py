from __future__ import annotations

from typing import Any, cast

import pytest

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.relay import Relay


def test_a_relay_whose_database_is_away_asks_again_every_quarter_of_a_second_at_the_latest() -> None:
    relay = Relay(cast("Any", None), cast("Any", None), Service.INTAKE)
    pauses = [relay._interrupted(ConnectionResetError()) for _ in range(6)]
    assert pauses == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.25, 0.25])


def test_rows_the_bus_does_not_confirm_are_published_again_every_second_at_the_latest() -> None:
    relay = Relay(cast("Any", None), cast("Any", None), Service.INTAKE)
    pauses = [relay._next_pause(1.0) for _ in range(8)]
    assert pauses == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0])
