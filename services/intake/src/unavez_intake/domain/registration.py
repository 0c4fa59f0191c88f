"""From the form to what is kept and what is said: consents with their worth, the routing facts of `case.registered`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_intake.domain.consents import Consent, ConsentKind, ConsentStatus, status_of
from unavez_intake.domain.form import ConsentGiven, IntakeForm
from unavez_intake.domain.records import NewIntake
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.event_data import CaseState, ConsentFact
from unavez_shared.privacy.ids import uuid7
from unavez_shared.protocol.circumstances import ends_at, twelve_months_after


def consents_of(form: IntakeForm, *, third_party: bool) -> tuple[Consent, ...]:
    """Return the consents this form records. In a third-party report nobody has consented to anything."""
    if third_party:
        return ()
    named = tuple(_named(given, form) for given in form.consents)
    return (*named, _all_proposed(form)) if form.consent_all_proposed else named


def is_third_party(facts: Mapping[str, Any]) -> bool:
    """Tell whether this is a report about somebody who is not present."""
    return facts.get("third_party") is True


def _named(given: ConsentGiven, form: IntakeForm) -> Consent:
    return Consent(
        consent_id=uuid7(),
        kind=ConsentKind.NAMED,
        status=status_of(accompanied=form.accompanied, in_private=given.in_private, seen=True),
        given_at=given.given_at or form.captured_at,
        expires_at=ends_at(given, form.captured_at),
        service_type=given.service_type,
        organization_id=given.organization_id,
        categories=given.categories,
        given_by=given.given_by,
        mode=given.mode,
        language=given.language,
        text_version=given.text_version,
        in_private=given.in_private,
    )


def _all_proposed(form: IntakeForm) -> Consent:
    shown = form.consent_shown
    given_at = (shown.given_at if shown else None) or form.captured_at
    return Consent(
        consent_id=uuid7(),
        kind=ConsentKind.ALL_PROPOSED,
        status=status_of(
            accompanied=form.accompanied,
            in_private=shown.in_private if shown else None,
            seen=shown is not None and shown.preview_digest is not None,
        ),
        given_at=given_at,
        expires_at=twelve_months_after(given_at),
        mode=shown.mode if shown else None,
        language=shown.language if shown else None,
        text_version=shown.text_version if shown else None,
        in_private=shown.in_private if shown else None,
        preview_digest=shown.preview_digest if shown else None,
    )


def case_state(
    form: IntakeForm, intake: NewIntake, *, actor: Actor, demo: bool, coordinator_first: bool = False
) -> CaseState:
    """Return what the router may know of this intake."""
    together = next((consent for consent in intake.consents if consent.kind is ConsentKind.ALL_PROPOSED), None)
    return CaseState(
        case_id=intake.case_id,
        intake_id=intake.intake_id,
        case_code=intake.case_code,
        organization_id=intake.owner_id,
        team=list(intake.team),
        status=form.status,
        captured_at=form.captured_at,
        demo=demo,
        facts=dict(intake.account.facts),
        places=dict(intake.account.places),
        consents=[_fact(consent) for consent in intake.consents if consent.kind is ConsentKind.NAMED],
        consent_all_proposed=together is not None,
        # Also without her consent to all of it: with `confirmed_by` it answers the guards the worker saw.
        consent_shown_digest=form.consent_shown.preview_digest if form.consent_shown else None,
        consent_to_confirm=together is not None and together.status is ConsentStatus.TO_CONFIRM,
        duty_notice_given=form.duty_notice_told_at is not None,
        avoid_organization_ids=list(form.avoid_organization_ids),
        avoid_service_types=list(form.avoid_service_types),
        # Who confirms is the token's subject; the codes, a second person's too, stay sealed with the account.
        confirmed_by=actor.subject if form.confirmed_by is not None else None,
        coordinator_first=coordinator_first,
        author=actor.subject if coordinator_first else None,
    )


def _fact(consent: Consent) -> ConsentFact:
    return ConsentFact(
        consent_id=consent.consent_id,
        service_type=consent.service_type,
        organization_id=consent.organization_id,
        categories=list(consent.categories) if consent.categories is not None else None,
        expires_at=consent.expires_at,
        to_confirm=consent.status is ConsentStatus.TO_CONFIRM,
    )
