"""`/v1/referrals/{id}/sheet`: what her team hands over, or reads out, where no machine tells the receiver."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from unavez_intake.api.paper import sheet
from unavez_intake.api.resources import resources, wait_for
from unavez_intake.use_cases.packets import OpenPacket, find_sheet, print_sheet
from unavez_shared.contracts.actor import Role
from unavez_shared.web.auth import RecordCaller, allow_on_record
from unavez_shared.web.body import query_parameters, read_query
from unavez_shared.web.gate import enter
from unavez_shared.web.schema import RequestModel

router = APIRouter(prefix="/v1", tags=["packets"])


class SheetQuery(RequestModel):
    """`part` concerns receivers that are JUS-* only; others have one sheet whatever it says."""

    part: Literal["file", "reserved"] = "file"


@router.get(
    "/referrals/{referral_id}/sheet",
    response_class=HTMLResponse,
    summary="Print what the receiver of a referral may know now (the case's team, or who coordinates on duty)",
    responses={409: {"description": "The referral ended: there is nobody to hand it to"}},
    **query_parameters(SheetQuery),
)
async def get_sheet(
    request: Request,
    referral_id: UUID,
    caller: Annotated[RecordCaller, allow_on_record(Role.FRONTLINE, Role.COORDINATOR)],
) -> Response:
    """Wait up to three seconds for the event that offers it; record the disclosure; answer the sheet."""
    held = resources(request)
    printed = await wait_for(
        request,
        referral_id,
        lambda: enter(
            caller,
            held.database.transaction,
            find=lambda work: find_sheet(referral_id, caller.actor, work, held.stores),
            read=lambda: read_query(request, SheetQuery),
            command=lambda row, query, work: print_sheet(OpenPacket(caller.actor, row, query.part), work, held.stores),
        ),
    )
    return sheet(printed, demo=held.demo)
