"""JSON under a case's data key: what stands in every `sealed` column, and how records become it and come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from unavez_intake.domain.consents import Consent, ConsentKind, ConsentStatus
from unavez_intake.domain.records import Account, Disclosure, Milestone
from unavez_intake.domain.referrals import Grant, Referral
from unavez_shared.privacy.fields import CaseCipher

COLUMN = "sealed"


def seal(cipher: CaseCipher, value: Mapping[str, Any], *, table: str, case_id: UUID, version: int = 1) -> bytes:
    """Return the value sealed for this table, case and version; it opens nowhere else."""
    return cipher.seal(orjson.dumps(value), table=table, column=COLUMN, case_id=case_id, version=version)


def unseal(cipher: CaseCipher, sealed: bytes, *, table: str, case_id: UUID, version: int = 1) -> dict[str, Any]:
    """Return the value. Raises `FieldRefusedError` when it was sealed for another place or was changed."""
    opened = cipher.open(sealed, table=table, column=COLUMN, case_id=case_id, version=version)
    value: dict[str, Any] = orjson.loads(opened)
    return value


def account_value(account: Account) -> dict[str, Any]:
    """Return a revision as JSON data."""
    return {"body": account.body, "facts": account.facts, "places": account.places}


def account_of(value: Mapping[str, Any]) -> Account:
    """Return the revision `account_value` wrote."""
    return Account(body=value["body"], facts=value["facts"], places=value["places"])


def consent_value(consent: Consent) -> dict[str, Any]:
    """Return what of a consent is sealed: to whom, to what and how."""
    return {
        "service_type": consent.service_type,
        "organization_id": consent.organization_id,
        "categories": consent.categories,
        "given_by": consent.given_by,
        "mode": consent.mode,
        "language": consent.language,
        "text_version": consent.text_version,
        "in_private": consent.in_private,
        "preview_digest": consent.preview_digest,
    }


def consent_of(row: Any, value: Mapping[str, Any]) -> Consent:
    """Return a consent from its clear columns and what was sealed beside them."""
    organization_id, categories = value["organization_id"], value["categories"]
    return Consent(
        consent_id=row.consent_id,
        kind=ConsentKind(row.kind),
        status=ConsentStatus(row.status),
        given_at=row.given_at,
        expires_at=row.expires_at,
        service_type=value["service_type"],
        organization_id=UUID(organization_id) if organization_id is not None else None,
        categories=tuple(categories) if categories is not None else None,
        given_by=value["given_by"],
        mode=value["mode"],
        language=value["language"],
        text_version=value["text_version"],
        in_private=value["in_private"],
        preview_digest=value["preview_digest"],
    )


def referral_value(referral: Referral) -> dict[str, Any]:
    """Return the signed facts of a referral as JSON data."""
    return {
        "referral_code": referral.referral_code,
        "service_type": referral.service_type,
        "receiving_type": referral.receiving_type,
        "purpose": referral.purpose,
        "urgency": referral.urgency,
        "due_at": referral.due_at,
        "respond_by": referral.respond_by,
        "handling": referral.handling,
        "grants": [
            {
                "rule_id": grant.rule_id,
                "basis": grant.basis,
                "categories": sorted(grant.categories),
                "is_open": grant.is_open,
            }
            for grant in referral.grants
        ],
        "service_name": referral.service_name,
    }


def referral_of(row: Any, value: Mapping[str, Any]) -> Referral:
    """Return a referral from its clear columns and its sealed facts."""
    return Referral(
        referral_id=row.referral_id,
        case_id=row.case_id,
        organization_id=row.organization_id,
        status=row.status,
        accepted=row.accepted,
        ended_at=row.ended_at,
        referral_code=value["referral_code"],
        service_type=value["service_type"],
        receiving_type=value["receiving_type"],
        purpose=value["purpose"],
        urgency=value["urgency"],
        due_at=datetime.fromisoformat(value["due_at"]),
        respond_by=datetime.fromisoformat(value["respond_by"]),
        handling=tuple(value["handling"]),
        grants=tuple(
            Grant(grant["rule_id"], grant["basis"], frozenset(grant["categories"]), grant["is_open"])
            for grant in value["grants"]
        ),
        service_name=value.get("service_name"),  # absent in what was sealed before it was said
        shown_at=row.shown_at,
        shown_status=row.shown_status,
    )


def milestone_value(milestone: Milestone) -> dict[str, Any]:
    """Return what of a milestone is sealed: what happened."""
    return {"kind": milestone.kind, "value": milestone.value}


def disclosure_value(disclosure: Disclosure) -> dict[str, Any]:
    """Return what of a disclosure is sealed: how much was shown."""
    return {
        "stage": disclosure.stage,
        "part": disclosure.part,
        "categories": disclosure.categories,
        "pointers": disclosure.pointers,
    }
