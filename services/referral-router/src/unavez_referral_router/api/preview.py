"""What would leave, before anything is stored."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_referral_router.api.answers import PreviewAnswer
from unavez_referral_router.api.names import name_candidates
from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.api.resources import resources
from unavez_referral_router.domain.plan.consent import Consent
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.use_cases.preview_plan import PreviewPlan, preview_plan
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.protocol.circumstances import ends_at, faults_of_consent, future, waits_for_her
from unavez_shared.protocol.facts import faults_beside
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import allow
from unavez_shared.web.body import json_body, read_json
from unavez_shared.web.consent_bodies import Avoid, ConsentBody, ConsentsBody, DutyNotice, FactsBody, PlacesBody
from unavez_shared.web.schema import RequestModel

router = APIRouter(prefix="/v1", tags=["plans"])


class PreviewBody(RequestModel):
    """Facts and places as in an intake; nothing of it is stored."""

    facts: FactsBody
    places: PlacesBody | None = None
    avoid: Avoid | None = None
    consents: ConsentsBody | None = None
    consent_all_proposed: bool | None = None
    duty_notice: DutyNotice | None = None


@router.post(
    "/plans/preview",
    response_model=PreviewAnswer,
    summary="What would leave if the intake were posted and confirmed",
    **json_body(PreviewBody),
)
async def post_preview(request: Request, _: Annotated[Actor, allow(Role.FRONTLINE, Role.COORDINATOR)]) -> Response:
    """Evaluate, look for candidates, store nothing."""
    held = resources(request)
    body = await read_json(request, PreviewBody, beside=faults_beside)
    now = held.database.clock.now()
    _check(body, now)
    command = PreviewPlan(facts=body.facts, places=body.places, inputs=_inputs(body, now))
    plan = await preview_plan(command, held.stores)
    view = name_candidates(preview_view(plan), await held.stores.projection.recent())
    return answer({**view, "demo": held.demo})


def _inputs(body: PreviewBody, now: datetime) -> Inputs:
    avoid = body.avoid or Avoid()
    return Inputs(
        at=now,
        consents=tuple(_consent(consent, now) for consent in body.consents or ()),
        agreed_to_all=body.consent_all_proposed is True,
        unseen_counts=True,
        duty_notice=body.duty_notice is not None and body.duty_notice.told_at is not None,
        avoided_organizations=frozenset(avoid.organization_ids or ()),
        avoided_types=frozenset(avoid.service_types or ()),
    )


def _consent(body: ConsentBody, now: datetime) -> Consent:
    return Consent(
        service_type=body.service_type,
        organization_id=body.organization_id,
        categories=None if body.categories is None else tuple(body.categories),
        expires_at=ends_at(body, now),
        to_confirm=waits_for_her(accompanied=False, in_private=body.in_private),
    )


def _check(body: PreviewBody, now: datetime) -> None:
    """Raise `InvalidInputError` for what the intake would refuse too."""
    faults = list(future(body.duty_notice.told_at if body.duty_notice else None, now, "/duty_notice/told_at"))
    for position, consent in enumerate(body.consents or ()):
        faults += faults_of_consent(consent, f"/consents/{position}", now=now, captured_at=now)
    if faults:
        raise InvalidInputError(faults)
