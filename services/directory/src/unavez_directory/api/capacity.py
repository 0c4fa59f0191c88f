"""An agency reports its free places."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from starlette.responses import Response

from unavez_directory.api.resources import resources
from unavez_directory.domain.model import Capacity, ReportedCapacity, ServiceRecord
from unavez_directory.use_cases.report_capacity import ReportCapacity, own_service, report_capacity
from unavez_shared.contracts.actor import Role
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow_on_record
from unavez_shared.web.body import json_body, receive_json
from unavez_shared.web.gate import enter
from unavez_shared.web.schema import AnswerModel, RequestModel

router = APIRouter(prefix="/v1", tags=["capacity"])

Places = Annotated[int, Field(ge=0, le=100_000)]


class CapacityBody(RequestModel):
    """Free places now, in the organization's own unit."""

    unit: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    available: Places
    maximum: Places | None = None


class CapacityAnswer(AnswerModel):
    """What is recorded."""

    service_id: UUID
    unit: str
    available: int
    maximum: int | None
    reported_at: datetime
    demo: bool


@router.put(
    "/services/{service_id}/capacity",
    response_model=CapacityAnswer,
    summary="Report the free places of an own service",
    **json_body(CapacityBody),
)
async def put_capacity(
    request: Request, service_id: UUID, caller: Annotated[RecordCaller, allow_on_record(Role.AGENCY)]
) -> Response:
    """Replace what was reported before."""
    held = resources(request)

    async def report(record: ServiceRecord, body: CapacityBody, work: UnitOfWork) -> ReportedCapacity:
        capacity = Capacity(body.unit, body.available, body.maximum)
        return await report_capacity(ReportCapacity(record, capacity, caller.actor), work, held.stores)

    reported = await enter(
        caller,
        held.database.transaction,
        find=lambda work: own_service(service_id, caller.actor, work, held.stores),
        read=await receive_json(request, CapacityBody),
        command=report,
    )
    capacity = reported.capacity
    return answer(
        CapacityAnswer(
            service_id=service_id,
            unit=capacity.unit,
            available=capacity.available,
            maximum=capacity.maximum,
            reported_at=reported.reported_at,
            demo=held.demo,
        )
    )
