"""The plan of a case, and its confirmation by a named worker."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_referral_router.api.answers import FocalPointAnswer, PlanAnswer
from unavez_referral_router.api.names import name_candidates
from unavez_referral_router.api.plan_view import plan_view
from unavez_referral_router.api.resources import resources
from unavez_referral_router.use_cases.confirm_plan import ConfirmPlan, confirm_plan, require_plan
from unavez_referral_router.use_cases.set_focal_point import SetFocalPoint, require_case, set_focal_point
from unavez_referral_router.use_cases.show_plan import ShownPlan, show_plan
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow_on_record, caller_token
from unavez_shared.web.body import json_body, query_parameters, read_json, read_query
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

    async def look() -> ShownPlan | None:
        return await show_plan(case_id, caller.actor, held.desk)

    shown = await held.arrivals.wait_for(case_id, look, token=caller_token(request.scope), seconds=_wait(request))
    if shown is None:
        return not_found(retry_after=1)
    caller.require_role()
    read_query(request, PlanQuery)
    return answer(name_candidates(plan_view(shown), await held.desk.projection.recent()))


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
    await require_plan(plan_id, caller.actor, held.desk)
    caller.require_role()
    body = await read_json(request, ConfirmationBody)
    if not body.confirmed:
        raise InvalidInputError([Fault("/confirmed", "not_allowed")])
    command = ConfirmPlan(plan_id, caller.actor, body.preview_digest, body.second)
    shown = await confirm_plan(command, held.desk)
    return answer(name_candidates(plan_view(shown), await held.desk.projection.recent()))


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
    await require_case(case_id, caller.actor, held.desk)
    caller.require_role()
    body = await read_json(request, FocalPointBody)
    await set_focal_point(SetFocalPoint(case_id, caller.actor, body.subject), held.desk)
    return answer({"case_id": case_id, "focal_point": body.subject, "demo": held.demo})
