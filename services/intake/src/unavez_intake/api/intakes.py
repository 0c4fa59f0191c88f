"""`/v1/intakes`: register an interview, read it back."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ConfigDict
from starlette.responses import Response

from unavez_intake.api.intake_body import IntakeBody, form_of
from unavez_intake.api.resources import resources
from unavez_intake.domain.consents import Consent
from unavez_intake.domain.records import StoredIntake
from unavez_intake.use_cases.read_intake import ReadIntake, find_intake, read_intake
from unavez_intake.use_cases.register_intake import Registered, RegisterIntake, register_intake
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.services import Service
from unavez_shared.protocol.facts import faults_beside
from unavez_shared.protocol.vocabulary import REPORTER_ADVICE, task_text
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import RecordCaller, allow, allow_on_record
from unavez_shared.web.body import json_body, read_json
from unavez_shared.web.conditional import etag
from unavez_shared.web.gate import enter, nothing
from unavez_shared.web.openapi_answers import headers
from unavez_shared.web.schema import AnswerModel

router = APIRouter(prefix="/v1", tags=["intakes"])

_ADVICE = task_text(REPORTER_ADVICE)


class Advice(AnswerModel):
    """What the reporter can do for her: the same words for every report."""

    es: str
    en: str


class IntakeRegistered(AnswerModel):
    """The answer to an interview with the survivor."""

    intake_id: UUID
    case_id: UUID
    case_code: str
    plan_url: str
    """Where the plan of the case is read."""
    demo: bool


class ReportReceived(AnswerModel):
    """The answer to a third party's report: nothing of the case."""

    intake_id: UUID
    receipt: str
    """A code of the report's own: it opens and finds nothing, and it is not the case's."""
    advice: Advice
    """What the reporter can do for her."""
    demo: bool


class IntakeView(AnswerModel):
    """The body as it stands now, with its ids."""

    model_config = ConfigDict(extra="allow")

    intake_id: UUID
    case_id: UUID
    case_code: str
    version: int
    demo: bool


@router.post(
    "/intakes",
    status_code=201,
    response_model=IntakeRegistered | ReportReceived,
    summary="Register one interview",
    responses={
        200: {
            "model": IntakeRegistered | ReportReceived,
            "description": "This body was registered before",
            **headers("Location"),
        },
        201: {"description": "Registered; a third party's report has no `Location`", **headers("Location")},
    },
    **json_body(IntakeBody),
)
async def post_intake(request: Request, actor: Annotated[Actor, allow(Role.FRONTLINE)]) -> Response:
    """Answer after COMMIT. Idempotent by `client_record_id` within the organization."""
    held = resources(request)
    body = await read_json(request, IntakeBody, beside=faults_beside)
    registered = await register_intake(RegisterIntake(actor, form_of(body)), held.database, held.stores)
    created = _created(registered, held.public_url, demo=held.demo)
    where = None if registered.receipt is not None else {"Location": _location(registered.intake_id, held.public_url)}
    return answer(created, status=201 if registered.created else 200, headers=where)


@router.get(
    "/intakes/{intake_id}",
    response_model=IntakeView,
    summary="Read an intake back (its team)",
    responses={200: headers("ETag")},
)
async def get_intake(
    request: Request, intake_id: UUID, caller: Annotated[RecordCaller, allow_on_record(Role.FRONTLINE)]
) -> Response:
    """Give the body back to the people who work with her; the reading is recorded."""
    held = resources(request)
    intake = await enter(
        caller,
        held.database.transaction,
        find=lambda work: find_intake(intake_id, caller.actor, work, held.stores),
        read=nothing,
        command=lambda found, _, work: read_intake(ReadIntake(caller.actor, found), work, held.stores),
    )
    return answer(_view(intake, demo=held.demo), headers={"ETag": etag(intake.version)})


def _location(intake_id: UUID, public_url: str) -> str:
    return f"{public_url}{Service.INTAKE.path}/v1/intakes/{intake_id}"


def _created(registered: Registered, public_url: str, *, demo: bool) -> dict[str, Any]:
    if registered.receipt is not None:
        return {
            "intake_id": str(registered.intake_id),
            "receipt": registered.receipt,
            "advice": {"es": _ADVICE.es, "en": _ADVICE.en},
            "demo": demo,
        }
    return {
        "intake_id": str(registered.intake_id),
        "case_id": str(registered.case_id),
        "case_code": registered.case_code,
        "plan_url": f"{public_url}{Service.REFERRAL_ROUTER.path}/v1/cases/{registered.case_id}/plan",
        "demo": demo,
    }


def _view(intake: StoredIntake, *, demo: bool) -> dict[str, Any]:
    return {
        "intake_id": str(intake.intake_id),
        "case_id": str(intake.case_id),
        "case_code": intake.case_code,
        "version": intake.version,
        "registered_at": intake.registered_at,
        "demo": demo,
        **intake.body,
        "consents": [_consent(consent) for consent in intake.consents],
    }


def _consent(consent: Consent) -> dict[str, Any]:
    return {
        "consent_id": str(consent.consent_id),
        "kind": consent.kind.value,
        "status": consent.status.value,
        "service_type": consent.service_type,
        "organization_id": consent.organization_id,
        "categories": consent.categories,
        "given_by": consent.given_by,
        "mode": consent.mode,
        "language": consent.language,
        "text_version": consent.text_version,
        "given_at": consent.given_at,
        "in_private": consent.in_private,
        "expires_at": consent.expires_at,
    }
