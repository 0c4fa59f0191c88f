"""Who records an answer that came by another way than the system: her team, never the agency itself (ADR 19)."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import pytest

from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.move_referral import MoveReferral, OnBehalfOf, move_referral
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import Fault, InvalidInputError


@pytest.mark.parametrize("to", [Status.REJECTED, Status.ACCEPTED])
async def test_a_front_door_cannot_pass_its_own_answer_off_as_one_her_team_recorded(to: Status) -> None:
    actor = Actor(subject="agente-1", role=Role.AGENCY, organization_id=uuid4())
    step = MoveReferral(
        cast("Any", None), uuid4(), actor, to, 1, reason="no_place", on_behalf_of=OnBehalfOf("phone", "inventada")
    )
    with pytest.raises(InvalidInputError) as refused:
        await move_referral(step, cast("Any", None), cast("Any", None))
    assert refused.value.faults == (Fault("/on_behalf_of", "not_allowed"),)
