"""Rules have a first and a last day: an interview is read by those in force on its own day in Peru."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.planner import Planner
from unavez_shared.protocol import load_pack, normalise

FACTS = {"age": 29, "gender": "F", "incident": ["TRAF"], "wants_psych": True}
POSTED = datetime(2026, 11, 25, tzinfo=UTC)


def _services(pack: Any, **when: Any) -> set[str]:
    inputs = Inputs(at=POSTED, **when)
    plan = Planner(pack, b"k" * 32).plan(
        normalise(FACTS, {"current": "080101"}), inputs, Directory(), with_routes=False
    )
    return {row.service_type for row in plan.rows}


@pytest.mark.parametrize(
    ("captured_at", "asked"),
    [
        ("2026-11-20T20:00:00-05:00", True),
        ("2026-11-21T04:59:00+00:00", True),
        ("2026-11-21T00:00:00-05:00", False),
        (None, False),
    ],
)
def test_a_rule_asks_for_nothing_after_its_last_day_in_peru(captured_at: str | None, asked: bool) -> None:
    pack = load_pack("pe")
    until = date(2026, 11, 20)
    rules = tuple(replace(rule, valid_to=until) if "PSY-CSO" in rule.services else rule for rule in pack.rules)
    moment = None if captured_at is None else datetime.fromisoformat(captured_at)
    assert ("PSY-CSO" in _services(replace(pack, rules=rules), captured_at=moment)) is asked


def test_a_rule_asks_for_nothing_before_its_first_day() -> None:
    pack = load_pack("pe")
    since = date(2026, 11, 25)  # midnight in UTC is still the 24th in Peru
    rules = tuple(replace(rule, valid_from=since) if "PSY-CSO" in rule.services else rule for rule in pack.rules)
    assert "PSY-CSO" not in _services(replace(pack, rules=rules))
    assert "PSY-CSO" in _services(replace(pack, rules=rules), captured_at=datetime(2026, 11, 25, 5, tzinfo=UTC))
