"""Internal events as they stand on the bus: sealed by the true codec, of the true size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from benchmarks.cases import VIGNETTES
from benchmarks.stage import Stage
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.event_data import EventData, Grant, PlanState, ReferralState, TaskState, UnmetState
from unavez_shared.contracts.events import (
    CASE_REGISTERED,
    NEED_UNMET,
    PLAN_MADE,
    REFERRAL_OFFERED,
    TASK_OPENED,
    EventType,
    families_of,
)
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.testing.messaging import case_state

OFFERS, _TASKS, _NEEDS = 8, 5, 2
"""Of one planned case: about what the five cases make on average."""


def codec(stage: Stage, service: Service) -> EventCodec:
    """Return the codec of one service."""
    folder = stage.keys.sealing_dir
    return EventCodec(
        service, SealingKeyring.load(folder, families_of(service), SystemClock()), SigningKeys.load(folder, service)
    )


def case_registered(stage: Stage, speaker: EventCodec | None = None, subject: UUID | None = None) -> Message:
    """Return one `case.registered` of the first case."""
    vignette, case_id = VIGNETTES[0], subject or uuid4()
    data = case_state(case_id).model_copy(update={"facts": vignette["facts"], "places": vignette["places"]})
    event = Event(uuid7(), CASE_REGISTERED, str(case_id), datetime.now(UTC), 1, data)
    return (speaker or codec(stage, Service.INTAKE)).encode(event)


def planned_case(speaker: EventCodec, case_id: UUID, agencies: Iterable[UUID]) -> list[Message]:
    """Return what the router says of a case it planned, in its order: the plan, an offer for each agency, the rest."""
    whose: dict[str, Any] = {"case_id": case_id, "organization_id": uuid4(), "demo": True}
    plan = PlanState(plan_id=uuid4(), status="confirmed", protocol_version="synthetic", **whose)
    need = {"plan_id": plan.plan_id, "service_type": "PRO-SAU", "code": "PRO-SAU", "reason": "full", **whose}
    needs = [UnmetState(unmet_id=uuid4(), **need) for _ in range(_NEEDS)]
    tasks = [TaskState(task_id=uuid4(), code="SYNTHETIC", status="open", **whose) for _ in range(_TASKS)]
    offers = [_offer(case_id, agency, whose["organization_id"]) for agency in agencies]
    return [
        _sealed(speaker, PLAN_MADE, plan.plan_id, plan),
        *(_sealed(speaker, REFERRAL_OFFERED, offer.referral_id, offer) for offer in offers),
        *(_sealed(speaker, NEED_UNMET, one.unmet_id, one) for one in needs),
        *(_sealed(speaker, TASK_OPENED, task.task_id, task) for task in tasks),
    ]


def _sealed(speaker: EventCodec, event_type: EventType[Any], subject: UUID, data: EventData) -> Message:
    return speaker.encode(Event(uuid7(), event_type, str(subject), datetime.now(UTC), 1, data))


def _offer(case_id: UUID, agency: UUID, team: UUID) -> ReferralState:
    now = datetime.now(UTC)
    grants = [
        Grant(rule_id=f"R-{number}", basis="consent", categories=["ROUTE", "DEMO", "ACCOUNT"], open=True)
        for number in range(3)
    ]
    return ReferralState(
        referral_id=uuid4(),
        referral_code="AAAA-BBBB",
        case_id=case_id,
        organization_id=agency,
        team_organization_id=team,
        service_type="SHL-HRT",
        purpose="synthetic",
        status="requested",
        version=1,
        urgency="urgent",
        district="17",
        due_at=now + timedelta(hours=24),
        respond_by=now + timedelta(hours=6),
        offered_at=now,
        grants=grants,
        organization_entered_at=now,
        demo=True,
    )
