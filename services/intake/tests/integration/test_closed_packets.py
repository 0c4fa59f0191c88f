"""Closed stays closed, whatever comes later; what closes is signed like what opens (SAFETY N6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from unavez_shared.contracts.event_data import ReferralState

CLOSED = ("rejected", "expired", "cancelled", "entered-in-error")
OPEN = ("accepted", "in-progress", "on-hold", "completed", "failed")


@pytest.fixture
async def case_id(intake: Any, body: dict[str, Any]) -> UUID:
    return UUID((await intake.post(body)).json()["case_id"])


async def accepted(intake: Any, case_id: UUID, **changes: Any) -> ReferralState:
    """Let a referral be offered and accepted."""
    offer = intake.referral(case_id, "PRO-CEM", ["ROUTE", "ID"], **changes)
    state: ReferralState = intake.moved(offer, "accepted")
    await intake.refer_at_once(offer, state)
    return state


async def status(intake: Any, referral: ReferralState) -> int:
    answer: int = (await intake.packet(referral.referral_id)).status_code
    return answer


async def reasons(intake: Any) -> list[str]:
    return [row.reason for row in await intake.rows("SELECT reason FROM parked ORDER BY parked_at")]


async def test_a_forged_start_opens_no_cancelled_packet_again(intake: Any, case_id: UUID) -> None:
    referral = await accepted(intake, case_id)
    await intake.refer(intake.moved(referral, "cancelled"))
    for version in (1, 3, 4, 1_000_000):
        await intake.forge(intake.moved(referral, "in-progress", version=version))

    assert await status(intake, referral) == 410
    assert await intake.rows("SELECT status FROM packets") == [("cancelled",)]


async def test_a_forged_start_does_not_stand_in_the_way_of_the_true_end(intake: Any, case_id: UUID) -> None:
    referral = await accepted(intake, case_id)
    await intake.forge(intake.moved(referral, "in-progress", version=1_000_000))
    await intake.refer(intake.moved(referral, "cancelled"))

    assert await status(intake, referral) == 410


async def test_a_forged_start_of_a_packet_intake_has_not_seen_opens_nothing_then_or_later(
    intake: Any, case_id: UUID
) -> None:
    offer = intake.referral(case_id, "PRO-CEM", ["ROUTE", "ID"], signed_steps=True)
    await intake.forge(intake.moved(offer, "in-progress", version=1_000_000))
    assert await status(intake, offer) == 404

    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "cancelled"))
    await intake.service.runtime.inbox.retry((await intake.rows("SELECT event_id FROM parked"))[0].event_id)
    assert await status(intake, offer) == 410


@pytest.mark.parametrize("closing", CLOSED)
async def test_closed_is_closed_whatever_comes_later_and_whoever_signed_it(
    intake: Any, case_id: UUID, closing: str
) -> None:
    referral = await accepted(intake, case_id)
    closed = intake.moved(referral, closing)
    await intake.refer(closed)
    for version in (2, 4, 99):
        for later in OPEN:
            await intake.refer(intake.moved(closed, later, version=version))
        await intake.rescope(intake.moved(closed, "accepted", version=version), version)

    assert await status(intake, referral) == 410
    assert await intake.rows("SELECT status FROM packets") == [(closing,)]


async def test_an_ended_packet_is_kept_no_longer_because_it_is_said_again_and_an_error_closes_it(
    intake: Any, case_id: UUID
) -> None:
    referral = await accepted(intake, case_id)
    await intake.refer(intake.moved(referral, "completed"))
    ended = await intake.rows("SELECT ended_at FROM packets")
    for later in ("failed", "completed", "in-progress"):
        await intake.refer(intake.moved(referral, later, version=9))

    assert await intake.rows("SELECT ended_at FROM packets") == ended
    assert await status(intake, referral) == 200
    await intake.refer(intake.moved(referral, "entered-in-error", version=4))
    assert await status(intake, referral) == 410


@pytest.mark.parametrize("closing", CLOSED)
async def test_a_forged_end_closes_nothing_and_is_an_alarm(intake: Any, case_id: UUID, closing: str) -> None:
    referral = await accepted(intake, case_id, signed_steps=True)
    await intake.forge(intake.moved(referral, closing))

    assert await status(intake, referral) == 200
    assert await reasons(intake) == ["bad_signature"]


@pytest.mark.parametrize("closing", CLOSED)
async def test_an_end_from_before_the_upgrade_closes_and_is_no_alarm(intake: Any, case_id: UUID, closing: str) -> None:
    referral = await accepted(intake, case_id)
    await intake.forge(intake.moved(referral, closing))

    assert await status(intake, referral) == 410
    assert await reasons(intake) == []
