"""The plan of a case, and its confirmation by a named worker."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_referral_router.api.answers import FocalPointAnswer, PlanAnswer
from unavez_referral_router.api.names import name_candidates
from unavez_referral_router.api.plan_view import plan_view
from unavez_referral_router.api.resources import Resources, resources
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.use_cases.plans import (
    ConfirmPlan,
    SetFocalPoint,
    ShownPlan,
    ShowPlan,
    confirm_plan,
    find_case,
    find_plan,
    find_plan_of_case,
    set_focal_point,
    show_plan,
)
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow_on_record, caller_token
from unavez_shared.web.body import json_body, query_parameters, read_query, receive_json
from unavez_shared.web.gate import enter, there
from unavez_shared.web.openapi_answers import headers
from unavez_shared.web.problems import not_found
from unavez_shared.web.schema import RequestModel

router = APIRouter(prefix="/v1", tags=["plans"])

_TEAM = (Role.FRONTLINE, Role.COORDINATOR)
_LONGEST_WAIT = 30


class PlanQuery(RequestModel):
    """How many seconds to wait for a plan that is not made yet; more than 30 is lowered."""

    wait: Annotated[float, Field(ge=0)] = 0


class ConfirmationBody(RequestModel):
    """The worker confirms; the digest is that of the plan as seen."""

    confirmed: bool = True
    preview_digest: Annotated[str, Field(max_length=4_000)] | None = None
    second: bool | None = None
    """Ignored: a second person confirms with a token of her own."""


class FocalPointBody(RequestModel):
    """The `sub` of the person who answers for the case from now on."""

    subject: Annotated[str, Field(min_length=1, max_length=200)]


@router.get(
    "/cases/{case_id}/plan",
    response_model=PlanAnswer,
    summary="The plan of a case; 404 with Retry-After until it is made",
    responses={404: {"description": "Not made yet, or not the caller's", **headers("Retry-After")}},
    **query_parameters(PlanQuery),
)
async def get_plan(
    request: Request, case_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_TEAM)]
) -> Response:
    """Wait for the plan if asked to; whether the case exists or is somebody else's is the same answer."""
    held = resources(request)
    entering = partial(
        enter,
        caller,
        held.database.transaction,
        find=lambda work: find_plan_of_case(case_id, caller.actor, work, held.stores),
        read=lambda: read_query(request, PlanQuery),
        command=lambda dossier, _, work: show_plan(ShowPlan(caller.actor, dossier), work, held.stores),
    )
    token, seconds = caller_token(request.scope), _wait(request)
    shown = await held.arrivals.wait_for(case_id, lambda: there(entering), token=token, seconds=seconds)
    if shown is None:
        return not_found(retry_after=1)
    return await _answer(shown, held)


async def _answer(shown: ShownPlan, held: Resources) -> Response:
    return answer(name_candidates(plan_view(shown), await held.stores.projection.recent()))


def _wait(request: Request) -> float:
    # What is not there, or not theirs, is a 404 before anything is validated.
    try:
        return min(read_query(request, PlanQuery).wait, _LONGEST_WAIT)
    except InvalidInputError:
        return 0


@router.post(
    "/plans/{plan_id}/confirmation",
    response_model=PlanAnswer,
    summary="Confirm a plan: what may leave leaves",
    **json_body(ConfirmationBody),
)
async def post_confirmation(
    request: Request, plan_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_TEAM)]
) -> Response:
    """Confirm as the token's `sub`; a coordinator who is another person also releases what waits for one (ADR 22)."""
    held = resources(request)

    async def confirm(dossier: Dossier, body: ConfirmationBody, work: UnitOfWork) -> ShownPlan:
        if not body.confirmed:
            raise InvalidInputError([Fault("/confirmed", "not_allowed")])
        command = ConfirmPlan(caller.actor, dossier, body.preview_digest, body.second)
        return await confirm_plan(command, work, held.stores)

    shown = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_plan(plan_id, caller.actor, work, held.stores),
        read=await receive_json(request, ConfirmationBody),
        command=confirm,
    )
    return await _answer(shown, held)


@router.put(
    "/cases/{case_id}/focal-point",
    response_model=FocalPointAnswer,
    summary="Name the person who answers for a case",
    **json_body(FocalPointBody),
)
async def put_focal_point(
    request: Request, case_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_TEAM)]
) -> Response:
    """The person named sees the case from then on."""
    held = resources(request)

    async def name(found: UUID, body: FocalPointBody, work: UnitOfWork) -> str:
        await set_focal_point(SetFocalPoint(caller.actor, found, body.subject), work, held.stores)
        return body.subject

    subject = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_case(case_id, caller.actor, work, held.stores),
        read=await receive_json(request, FocalPointBody),
        command=name,
    )
    return answer({"case_id": case_id, "focal_point": subject, "demo": held.demo})
