"""Referrals: list, read, move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_referral_router.api.answers import FullReferralAnswer, ReferralPage
from unavez_referral_router.api.names import name_receiver, name_receivers, name_service
from unavez_referral_router.api.referral_view import agency_view, shown_view, team_view
from unavez_referral_router.api.resources import Resources, resources
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status
from unavez_referral_router.use_cases.move_referral import (
    OTHER_HOUSE,
    MoveReferral,
    OnBehalfOf,
    find_dossier,
    move_referral,
)
from unavez_referral_router.use_cases.show_referrals import (
    ReferralFilter,
    ShownReferral,
    ShowReferral,
    find_referral,
    list_referrals,
    show_referral,
)
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import Refused
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.protocol.vocabulary import REFUSAL_REASONS
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow, allow_on_record
from unavez_shared.web.body import json_body, query_parameters, read_query, receive_json
from unavez_shared.web.gate import enter, nothing
from unavez_shared.web.pagination import decode_cursor, encode_cursor
from unavez_shared.web.schema import RequestModel

router = APIRouter(prefix="/v1", tags=["referrals"])

_ROLES = (Role.AGENCY, Role.FRONTLINE, Role.COORDINATOR)
_PAGE = 100

Said = Annotated[str, Field(max_length=200)]
"""Meant as a code; a sentence is not kept (`domain/referrals/reasons.py`)."""

_REASON = (
    f"A code. Of a refusal one of {', '.join(REFUSAL_REASONS)}; anything else, or nothing, is kept as other: no "
    "refusal fails for its reason. Of a front door's answer only that it had one is kept."
)
_NOTE = f"A code. `{OTHER_HOUSE}`: a front door takes her into a house that its referral does not name."


class ReferralQuery(RequestModel):
    """Filters and the cursor of the previous page."""

    status: Status | None = None
    """Only those in this state."""
    service_type: Annotated[str, Field(max_length=32)] | None = None
    """Only this kind of help."""
    cursor: Annotated[str, Field(max_length=1_000)] | None = None


class OnBehalfBody(RequestModel):
    """The answer came by telephone, on paper or in person, recorded by her team: by which way, and who gave it."""

    channel: Annotated[str, Field(min_length=1, max_length=200)]
    who: Annotated[str, Field(min_length=1, max_length=200)]


class TransitionBody(RequestModel):
    """One step from the version the caller saw."""

    to: Status
    expected_version: Annotated[int, Field(ge=0, le=1_000_000)]
    reason: Said | None = Field(default=None, description=_REASON)
    note_code: Said | None = Field(default=None, description=_NOTE)
    on_behalf_of: OnBehalfBody | None = None
    """Given when the team answers for the organization."""


@router.get(
    "/referrals",
    response_model=ReferralPage,
    summary="Own referrals: those offered to an agency, those of a team's cases",
    **query_parameters(ReferralQuery),
)
async def get_referrals(request: Request, actor: Annotated[Actor, allow(*_ROLES)]) -> Response:
    """List a page."""
    held = resources(request)
    query = read_query(request, ReferralQuery)
    after = None if query.cursor is None else decode_cursor(query.cursor, (UUID,))[0]
    status = None if query.status is None else query.status.value
    wanted = ReferralFilter(status=status, service_type=query.service_type, after=after, limit=_PAGE)
    async with held.database.transaction() as work:
        found = await list_referrals(wanted, actor, work, held.stores)
    view = agency_view if actor.role is Role.AGENCY else team_view
    shown = [(referral, view(referral, held.public_url, demo=held.demo)) for referral in found[:_PAGE]]
    page: dict[str, Any] = {
        "referrals": await _named(shown, actor, held),
        "next": encode_cursor(found[_PAGE - 1].referral_id) if len(found) > _PAGE else None,
        "demo": held.demo,
    }
    return answer(page)


@router.get("/referrals/{referral_id}", response_model=FullReferralAnswer, summary="One own referral")
async def get_referral(
    request: Request, referral_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_ROLES)]
) -> Response:
    """Read one."""
    held = resources(request)
    shown = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_referral(referral_id, caller.actor, work, held.stores),
        read=nothing,
        command=lambda referral, _, work: show_referral(ShowReferral(caller.actor, referral), work, held.stores),
    )
    return await _answer(shown, caller.actor, held)


@router.post(
    "/referrals/{referral_id}/transitions",
    response_model=FullReferralAnswer,
    summary="Answer, start, hold, finish or cancel a referral",
    **json_body(TransitionBody),
)
async def post_transition(
    request: Request, referral_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_ROLES)]
) -> Response:
    """Take a step; another version, an illegal step, or no house that fits is 409."""
    held = resources(request)

    async def move(dossier: Dossier, body: TransitionBody, work: UnitOfWork) -> ShownReferral | Refused:
        behalf = body.on_behalf_of
        command = MoveReferral(
            dossier=dossier,
            referral_id=referral_id,
            actor=caller.actor,
            to=body.to,
            expected_version=body.expected_version,
            reason=body.reason,
            note_code=body.note_code,
            on_behalf_of=None if behalf is None else OnBehalfOf(behalf.channel, behalf.who),
        )
        return await move_referral(command, work, held.stores)

    shown = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_dossier(referral_id, caller.actor, work, held.stores),
        read=await receive_json(request, TransitionBody),
        command=move,
    )
    return await _answer(shown, caller.actor, held)


async def _answer(shown: ShownReferral, actor: Actor, held: Resources) -> Response:
    view = shown_view(shown, held.public_url, demo=held.demo)
    (view,) = await _named([(shown.referral, view)], actor, held)
    return answer(view)


async def _named(
    shown: Sequence[tuple[Referral, dict[str, Any]]], actor: Actor, held: Resources
) -> list[dict[str, Any]]:
    directory = await held.stores.projection.recent()
    name = name_receiver if actor.role is Role.AGENCY else name_receivers
    return [name_service(name(view, directory), referral, directory) for referral, view in shown]
