"""`POST /v1/intakes`: the body (CONTRACT "Intake") and what it means to the use-case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from unavez_intake.api.intake_parts import (
    ConsentShownBody,
    Dependant,
    Details,
    Document,
    Evidence,
    Identity,
    LegalAddress,
    Pointer,
    Prior,
    Reporter,
    SafeContact,
    Site,
    Suspect,
    WorkerCode,
)
from unavez_intake.domain.form import ConsentGiven, ConsentShown, IntakeForm, Person
from unavez_shared.web.consent_bodies import (
    MAX_LIST,
    Avoid,
    ConsentBody,
    ConsentsBody,
    DutyNotice,
    FactsBody,
    PlacesBody,
    TextVersion,
)
from unavez_shared.web.schema import LongText, RequestModel, ShortText, UtcDatetime
from unavez_shared.web.vocabulary_codes import LanguageCode

MAX_ACCOUNT = 100_000


class IntakeBody(RequestModel):
    """One interview. Only `client_record_id`, `captured_at` and `facts` are required: she may decline anything.

    Null is absent, everywhere; no `status` is a complete interview.
    """

    client_record_id: Annotated[str, Field(min_length=1, max_length=100)]
    status: Literal["draft", "paused", "complete"] | None = None
    """A draft or paused interview plans vital interest only; absent = complete."""
    captured_at: UtcDatetime
    captured_offline: bool | None = None
    """true: written down without a connection and sent later."""
    form_version: TextVersion | None = None
    """Version of the app's form."""
    interviewer_code: WorkerCode | None = None
    """The worker's code in her organization."""
    interview_language: LanguageCode | None = None
    """ISO 639-3: the language spoken."""
    interpreter: Literal["none", "professional", "remote", "community", "sign", "kin"] | None = None
    """Who interpreted."""
    companions: Literal["none", "kin", "other"] | None = None
    """Who else was there."""
    present: bool | None = None
    """true: the survivor herself was there."""
    identity: Identity | None = None
    """Who she is."""
    safe_contact: SafeContact | None = None
    """How she may be reached without danger."""
    case_word: ShortText | None = None
    """A word of hers, to be recognised by later."""
    legal_address: LegalAddress | None = None
    """Where justice may notify her."""
    facts: FactsBody
    places: PlacesBody | None = None
    account: Annotated[str, Field(max_length=MAX_ACCOUNT)] | None = None
    account_summary: LongText | None = None
    """The summary that was read back to her."""
    details: Details | None = None
    """What belongs to one category alone."""
    dependants: Annotated[list[Dependant], Field(max_length=MAX_LIST)] | None = None
    """Who depends on her."""
    suspects: Annotated[list[Suspect], Field(max_length=MAX_LIST)] | None = None
    """Whom she speaks of."""
    sites: Annotated[list[Site], Field(max_length=MAX_LIST)] | None = None
    """Where it happened."""
    evidence: Annotated[list[Evidence], Field(max_length=MAX_LIST)] | None = None
    """References to what proves it."""
    prior: Annotated[list[Prior], Field(max_length=MAX_LIST)] | None = None
    """Earlier interviews, reports and cases."""
    reporter: Reporter | None = None
    """Who reports about somebody else."""
    declined: Annotated[list[Pointer], Field(max_length=MAX_LIST)] | None = None
    """JSON pointers to what she did not want to answer."""
    duty_notice: DutyNotice | None = None
    consents: ConsentsBody | None = None
    consent_all_proposed: bool | None = None
    consent_shown: ConsentShownBody | None = None
    """How the preview was shown to her."""
    consent_reporting: bool | None = None
    """true: her record may stand in the organization's anonymous exports."""
    avoid: Avoid | None = None
    confirmed_by: WorkerCode | None = None
    """The worker's code: the plan is confirmed with the interview."""
    second_confirmed_by: WorkerCode | None = None
    """Kept, and counts for nothing: a second person confirms the plan with a token of her own."""


def form_of(body: IntakeBody) -> IntakeForm:
    """Return what the use-case registers."""
    avoid = body.avoid or Avoid()
    return IntakeForm(
        document=body.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True),
        client_record_id=body.client_record_id,
        status=body.status or "complete",
        captured_at=body.captured_at,
        accompanied=body.interpreter == "kin" or body.companions in {"kin", "other"},
        person=_person(body.identity or Identity()),
        facts=body.facts,
        places=body.places or {},
        consents=tuple(_given(consent) for consent in body.consents or ()),
        consent_all_proposed=body.consent_all_proposed is True,
        consent_shown=_shown(body.consent_shown),
        duty_notice_told_at=body.duty_notice.told_at if body.duty_notice else None,
        avoid_organization_ids=tuple(dict.fromkeys(avoid.organization_ids or ())),
        avoid_service_types=tuple(dict.fromkeys(avoid.service_types or ())),
        confirmed_by=body.confirmed_by,
        second_confirmed_by=body.second_confirmed_by,
    )


def _person(identity: Identity) -> Person:
    document = identity.document or Document()
    return Person(
        name=identity.name,
        birth_date=identity.birth_date,
        document_country=document.country,
        document_type=document.type,
        document_number=document.number,
    )


def _given(consent: ConsentBody) -> ConsentGiven:
    return ConsentGiven(
        service_type=consent.service_type,
        organization_id=consent.organization_id,
        categories=tuple(dict.fromkeys(consent.categories)) if consent.categories is not None else None,
        given_by=consent.given_by,
        mode=consent.mode,
        language=consent.language,
        text_version=consent.text_version,
        given_at=consent.given_at,
        in_private=consent.in_private,
        expires_at=consent.expires_at,
    )


def _shown(shown: ConsentShownBody | None) -> ConsentShown | None:
    if shown is None:
        return None
    return ConsentShown(
        preview_digest=shown.preview_digest,
        mode=shown.mode,
        language=shown.language,
        text_version=shown.text_version,
        given_at=shown.given_at,
        in_private=shown.in_private,
    )
