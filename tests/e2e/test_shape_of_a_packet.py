"""The second in which her lawyer accepts: the prosecutor's packet tells more, and nothing else of it moves (N8, N9)."""

from __future__ import annotations

import time
from typing import Any

from unavez_tests.receiver import WebhookReceiver
from unavez_tests.world import World

from .test_five_cases import VIGNETTES, Case

FORCED = next(vignette for vignette in VIGNETTES if vignette["id"] == "V03")
FORCED = {**FORCED, "facts": {**FORCED["facts"], "forced_to_offend": True}}
PLAIN = {**FORCED, "facts": {**FORCED["facts"], "forced_to_offend": False}}
NARRATIVE = ["/account_summary", "/details/crime"]


class Prosecutor:
    """The prosecutor's office of one case: what it holds, and what it can ask for."""

    def __init__(self, case: Case, row: dict[str, Any]) -> None:
        self.case = case
        self.referral_id = row["referral_id"]
        self.agency = case.agency(row["candidates"][0]["organization_id"])

    def packet(self) -> dict[str, Any]:
        return dict(self.case.world.get(f"/intake/v1/packets/{self.referral_id}", self.agency).json())

    def referral(self) -> dict[str, Any]:
        return dict(self.case.world.get(f"/router/v1/referrals/{self.referral_id}", self.agency).json())

    def feed(self) -> list[Any]:
        page = self.case.world.get("/notifier/v1/events?after=0&limit=500", self.agency).json()
        return [event for event in page["events"] if event["subject"] == self.referral_id]

    def shape(self) -> tuple[Any, ...]:
        packet, referral = self.packet(), self.referral()
        pointers = {*packet["fields"], *(field["pointer"] for field in packet["not_available"])}
        return (
            packet["stage"],
            packet["service_name"],
            packet["categories"],
            packet["handling"],
            sorted(pointers),
            referral["status"],
            referral["version"],
            [event["type"] for event in self.feed()],
        )


def _row(plan: dict[str, Any], service_type: str) -> dict[str, Any]:
    return next(row for row in plan["referrals"] if row["service_type"] == service_type)


def _accepted_by_the_prosecutor(world: World, receiver: WebhookReceiver, vignette: dict[str, Any]) -> Any:
    case = Case(world, receiver, vignette)
    plan = case.post_intake_and_wait_for_the_plan()
    prosecutor = Prosecutor(case, _row(plan, "JUS-FISTRAP"))
    case.answer(prosecutor.referral_id, "accepted", prosecutor.agency)
    _until(lambda: prosecutor.packet()["stage"] == "accepted" and prosecutor.feed())
    return case, plan, prosecutor


def _until(check: Any) -> None:
    deadline = time.monotonic() + 15
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_version_does_not_move_when_her_lawyer_accepts_and_the_packet_then_tells(
    world: World, receiver: WebhookReceiver
) -> None:
    case, plan, prosecutor = _accepted_by_the_prosecutor(world, receiver, FORCED)
    _, _, of_another = _accepted_by_the_prosecutor(world, receiver, PLAIN)
    before, referral, feed = prosecutor.shape(), prosecutor.referral(), prosecutor.feed()
    assert before == of_another.shape()
    assert not set(NARRATIVE) & prosecutor.packet()["fields"].keys()
    assert of_another.packet()["fields"].keys() >= set(NARRATIVE)

    lawyer = _row(plan, "JUS-SUNADEP")
    case.answer(lawyer["referral_id"], "accepted", case.agency(lawyer["candidates"][0]["organization_id"]))
    _until(lambda: prosecutor.packet()["fields"].keys() >= set(NARRATIVE))
    # The notifier applied what the router published with that step: whatever else it was to tell would be there.
    case.assert_her_team_hears(plan, {"referral.accepted": {lawyer["referral_id"], prosecutor.referral_id}})
    assert prosecutor.shape() == before
    assert prosecutor.referral() == referral
    assert prosecutor.feed() == feed
