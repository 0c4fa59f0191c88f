"""`/v1/packets`: what the offered organization reads, at the stage and part that are open to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_intake.api.paper import sheet
from unavez_intake.api.resources import resources, wait_for
from unavez_intake.domain.records import Milestone
from unavez_intake.use_cases.packets import OpenedPacket, OpenPacket, find_packet, open_packet
from unavez_shared.contracts.actor import Role
from unavez_shared.privacy.coarse_time import rounded_down, rounded_up
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow_on_record
from unavez_shared.web.body import query_parameters, read_query
from unavez_shared.web.gate import enter
from unavez_shared.web.schema import AnswerModel, RequestModel, UtcDatetime

router = APIRouter(prefix="/v1", tags=["packets"])


class PacketQuery(RequestModel):
    """`part` concerns JUS-* only; other services have one packet whatever it says."""

    part: Literal["file", "reserved"] = "file"
    format: Literal["json", "html"] = "json"


class NotAvailable(AnswerModel):
    """A field without a value: refused, waiting, unknown and not asked look alike; `ask`: a question may be put."""

    pointer: str
    """Which field."""
    ask: bool
    """true: a question may be put through the case."""


class MilestoneView(AnswerModel):
    """Something another holder of the case reported."""

    kind: str
    """Which milestone."""
    value: str
    """Its code."""
    on: UtcDatetime
    """When, rounded up to five minutes."""


class PacketView(AnswerModel):
    """What this organization may read now."""

    handling: list[str]
    referral_id: UUID
    referral_code: str
    service_type: str
    service_name: str | None
    """The receiver's own service it is for, as it was called then; null for a front door."""
    purpose: str
    """What it may be used for: a code."""
    urgency: str
    due_at: UtcDatetime
    respond_by: UtcDatetime
    stage: Literal["offer", "accepted"]
    """offer: before it accepted; accepted: after."""
    part: Literal["file", "reserved"] | None
    categories: list[str]
    fields: dict[str, Any]
    """JSON pointer → value: what this organization may read now."""
    milestones: list[MilestoneView]
    """What other holders of the case reported."""
    not_available: list[NotAvailable]
    """Fields of its categories without a value to show."""
    disclosure_code: str
    disclosed_at: UtcDatetime
    demo: bool


@router.get(
    "/packets/{referral_id}",
    response_model=PacketView,
    summary="Open the packet of a referral (the offered organization)",
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The packet; `html` for paper"},
        410: {"description": "This organization held the referral and no longer does"},
    },
    **query_parameters(PacketQuery),
)
async def get_packet(
    request: Request, referral_id: UUID, caller: Annotated[RecordCaller, allow_on_record(Role.AGENCY)]
) -> Response:
    """Wait up to three seconds for the event that opens it; record the disclosure; answer what is open."""
    held = resources(request)
    opened = await wait_for(
        request,
        referral_id,
        lambda: enter(
            caller,
            held.database.transaction,
            find=lambda work: find_packet(referral_id, caller.actor, work, held.stores),
            read=lambda: read_query(request, PacketQuery),
            command=lambda row, query, work: open_packet(OpenPacket(caller.actor, row, query.part), work, held.stores),
        ),
    )
    if read_query(request, PacketQuery).format == "html":
        return sheet(opened, demo=held.demo)
    return answer(_view(opened, demo=held.demo))


def _view(opened: OpenedPacket, *, demo: bool) -> dict[str, Any]:
    packet, referral = opened.packet, opened.packet.referral
    return {
        "handling": packet.handling,
        "referral_id": str(referral.referral_id),
        "referral_code": referral.referral_code,
        "service_type": referral.service_type,
        "service_name": referral.service_name,
        "purpose": referral.purpose,
        "urgency": referral.urgency,
        "due_at": rounded_down(referral.due_at),
        "respond_by": rounded_up(referral.respond_by),
        "stage": packet.stage.value,
        "part": packet.part,
        "categories": packet.categories,
        "fields": packet.fields,
        "milestones": [_milestone(milestone) for milestone in packet.milestones],
        "not_available": [{"pointer": pointer, "ask": True} for pointer in packet.not_available],
        "disclosure_code": opened.disclosure_code,
        "disclosed_at": rounded_up(opened.disclosed_at),
        "demo": demo,
    }


def _milestone(milestone: Milestone) -> dict[str, Any]:
    return {"kind": milestone.kind, "value": milestone.value, "on": rounded_up(milestone.on)}
