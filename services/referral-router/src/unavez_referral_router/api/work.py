"""Work for the team, and what nobody could give."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_referral_router.api.answers import TaskAnswer, TaskPage, UnmetPage
from unavez_referral_router.api.names import name_task
from unavez_referral_router.api.resources import Resources, resources
from unavez_referral_router.api.task_texts import text_of
from unavez_referral_router.domain.referrals.decisions.offers import CALL_NOW, HAND_OVER_PAPER
from unavez_referral_router.use_cases.tasks import (
    CompleteTask,
    Outcome,
    Task,
    complete_task,
    find_task,
    list_tasks,
    list_unmet_needs,
)
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow, allow_on_record
from unavez_shared.web.body import json_body, query_parameters, read_query, receive_json
from unavez_shared.web.gate import enter
from unavez_shared.web.pagination import decode_cursor, encode_cursor
from unavez_shared.web.schema import RequestModel

router = APIRouter(prefix="/v1", tags=["work"])

_TEAM = (Role.FRONTLINE, Role.COORDINATOR)
_PAGE = 100
_SHOWN = (
    "task_id",
    "case_id",
    "code",
    "status",
    "service_type",
    "referral_id",
    "receiver_organization_id",
    "receiver_service_type",
    "phone",
    "phone_verified_on",
    "due_at",
    "opened_at",
    "outcome",
    "completed_at",
    "completed_by",
)
_WITH_SHEET = frozenset({CALL_NOW, HAND_OVER_PAPER})
_UNMET_SHOWN = ("unmet_id", "case_id", "code", "service_type", "reason", "found_at")

Cursor = Annotated[str, Field(max_length=1_000)]


class TaskQuery(RequestModel):
    """Open or done tasks, and the cursor of the previous page."""

    status: Literal["open", "done"] = "open"
    """Open tasks, or done ones."""
    cursor: Cursor | None = None


class UnmetQuery(RequestModel):
    """The cursor of the previous page."""

    cursor: Cursor | None = None


class CompletionBody(RequestModel):
    """What came of it."""

    outcome: Outcome = Outcome.DONE


@router.get("/tasks", response_model=TaskPage, summary="Work of the team's cases", **query_parameters(TaskQuery))
async def get_tasks(request: Request, actor: Annotated[Actor, allow(*_TEAM)]) -> Response:
    """List a page, the most urgent first."""
    held = resources(request)
    query = read_query(request, TaskQuery)
    after = _after(query.cursor)
    async with held.database.transaction() as work:
        found = await list_tasks(actor, work, held.stores, status=query.status, after=after, limit=_PAGE)
    directory = await held.stores.projection.recent()
    page = [name_task(_task(task, held), directory) for task in found[:_PAGE]]
    cursor = encode_cursor(page[-1]["due_at"], page[-1]["task_id"]) if len(found) > _PAGE else None
    return answer({"tasks": page, "next": cursor, "demo": held.demo})


@router.post(
    "/tasks/{task_id}/completion",
    response_model=TaskAnswer,
    summary="Finish a task; what waited for it may leave",
    **json_body(CompletionBody),
)
async def post_completion(
    request: Request, task_id: UUID, caller: Annotated[RecordCaller, allow_on_record(*_TEAM)]
) -> Response:
    """Record the outcome."""
    held = resources(request)

    async def complete(task: Task, body: CompletionBody, work: UnitOfWork) -> Task:
        return await complete_task(CompleteTask(caller.actor, task, body.outcome), work, held.stores)

    task = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_task(task_id, caller.actor, work, held.stores),
        read=await receive_json(request, CompletionBody),
        command=complete,
    )
    view = name_task(_task(task, held), await held.stores.projection.recent())
    return answer({**view, "demo": held.demo})


@router.get(
    "/unmet-needs",
    response_model=UnmetPage,
    summary="What the organization's cases needed and nobody gave",
    **query_parameters(UnmetQuery),
)
async def get_unmet_needs(request: Request, actor: Annotated[Actor, allow(Role.COORDINATOR)]) -> Response:
    """List a page, oldest first."""
    held = resources(request)
    after = _after(read_query(request, UnmetQuery).cursor)
    async with held.database.transaction() as work:
        found = await list_unmet_needs(actor, work, held.stores, after=after, limit=_PAGE)
    page = [{name: need[name] for name in _UNMET_SHOWN} for need in found[:_PAGE]]
    cursor = encode_cursor(page[-1]["found_at"], page[-1]["unmet_id"]) if len(found) > _PAGE else None
    return answer({"unmet_needs": page, "next": cursor, "demo": held.demo})


def _task(task: Mapping[str, Any], held: Resources) -> dict[str, Any]:
    text = text_of(task["code"], task["service_type"])
    # Of what was not offered there is no sheet: nothing of it may leave, on paper neither.
    asked = task["referral_id"] is not None and task["receiver_organization_id"] is not None
    with_sheet = task["code"] in _WITH_SHEET and asked
    sheet_url = f"{held.public_url}/intake/v1/referrals/{task['referral_id']}/sheet" if with_sheet else None
    return {**{name: task[name] for name in _SHOWN}, "sheet_url": sheet_url, "es": text.es, "en": text.en}


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    moment, identifier = decode_cursor(cursor, (datetime, UUID))
    return (moment, identifier)
