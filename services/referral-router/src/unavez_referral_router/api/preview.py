"""What would leave, before anything is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_referral_router.api.answers import PreviewAnswer
from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.api.resources import resources
from unavez_referral_router.domain.consent import Consent
from unavez_referral_router.domain.inputs import Inputs
from unavez_referral_router.use_cases.preview_plan import PreviewPlan, preview_plan
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.protocol import Pack
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import allow
from unavez_shared.web.body import json_body, read_json
from unavez_shared.web.schema import RequestModel, ShortText, UtcDatetime

router = APIRouter(prefix="/v1", tags=["plans"])

_CONSENT_LASTS = timedelta(days=365)
_MANY = 100

Code = Annotated[str, Field(max_length=40)]


class ConsentBody(RequestModel):
    """One consent, as the intake would carry it."""

    service_type: Code | None = None
    organization_id: UUID | None = None
    categories: Annotated[list[Code], Field(max_length=_MANY)] | None = None
    given_by: Literal["survivor", "guardian", "officer"] | None = None
    mode: Literal["written", "signed", "fingerprint", "voice_with_witness"] | None = None
    language: Code | None = None
    text_version: ShortText | None = None
    given_at: UtcDatetime | None = None
    in_private: bool | None = None
    expires_at: UtcDatetime | None = None


class AvoidBody(RequestModel):
    """Whom she does not want."""

    organization_ids: Annotated[list[UUID], Field(max_length=_MANY)] | None = None
    service_types: Annotated[list[Code], Field(max_length=_MANY)] | None = None
    people: ShortText | None = None


class DutyNoticeBody(RequestModel):
    """She was told what the law makes us pass on."""

    told_at: UtcDatetime | None = None
    language: Code | None = None
    reaction: Literal["agreed", "objected", "left"] | None = None


class PreviewBody(RequestModel):
    """Facts and places as in an intake; nothing of it is stored."""

    facts: dict[str, Any]
    places: dict[str, Any] | None = None
    avoid: AvoidBody | None = None
    consents: Annotated[list[ConsentBody], Field(max_length=_MANY)] | None = None
    consent_all_proposed: bool | None = None
    duty_notice: DutyNoticeBody | None = None


@router.post(
    "/plans/preview",
    response_model=PreviewAnswer,
    summary="What would leave if the intake were posted and confirmed",
    **json_body(PreviewBody),
)
async def post_preview(request: Request, _: Annotated[Actor, allow(Role.FRONTLINE, Role.COORDINATOR)]) -> Response:
    """Evaluate, look for candidates, store nothing."""
    held = resources(request)
    body = await read_json(request, PreviewBody)
    _check_codes(body, held.planner.pack)
    command = PreviewPlan(facts=body.facts, places=body.places, inputs=_inputs(body, held.desk.database.clock.now()))
    plan = await preview_plan(command, held.planner, held.desk.projection)
    return answer({**preview_view(plan), "demo": held.demo})


def _inputs(body: PreviewBody, now: Any) -> Inputs:
    avoid = body.avoid or AvoidBody()
    return Inputs(
        at=now,
        consents=tuple(_consent(consent) for consent in body.consents or ()),
        agreed_to_all=body.consent_all_proposed is True,
        unseen_counts=True,
        duty_notice=body.duty_notice is not None,
        avoided_organizations=frozenset(avoid.organization_ids or ()),
        avoided_types=frozenset(avoid.service_types or ()),
    )


def _consent(body: ConsentBody) -> Consent:
    expires_at = body.expires_at
    if expires_at is None and body.given_at is not None:
        expires_at = body.given_at + _CONSENT_LASTS
    return Consent(
        service_type=body.service_type,
        organization_id=body.organization_id,
        categories=None if body.categories is None else tuple(body.categories),
        expires_at=expires_at,
    )


def _check_codes(body: PreviewBody, pack: Pack) -> None:
    faults = []
    for position, service_type in enumerate((body.avoid and body.avoid.service_types) or ()):
        if service_type not in pack.services:
            faults.append(Fault(f"/avoid/service_types/{position}", "unknown_code"))
    for position, consent in enumerate(body.consents or ()):
        if consent.service_type is not None and consent.service_type not in pack.services:
            faults.append(Fault(f"/consents/{position}/service_type", "unknown_code"))
        for place, category in enumerate(consent.categories or ()):
            if category not in pack.categories:
                faults.append(Fault(f"/consents/{position}/categories/{place}", "unknown_code"))
    if faults:
        raise InvalidInputError(faults)
