"""The plan at rest: one JSON document, sealed under the case's key. Its rules and services say what happened to her."""

from __future__ import annotations

from uuid import UUID

from pydantic import TypeAdapter

from unavez_referral_router.domain.plan.plan import Plan
from unavez_shared.privacy.fields import CaseCipher

_PLANS: TypeAdapter[Plan] = TypeAdapter(Plan)
_VERSION = 1


def seal_plan(plan: Plan, cipher: CaseCipher, case_id: UUID) -> bytes:
    """Return the sealed document."""
    return cipher.seal(_PLANS.dump_json(plan), table="plans", column="document", case_id=case_id, version=_VERSION)


def open_plan(sealed: bytes, cipher: CaseCipher, case_id: UUID) -> Plan:
    """Return the plan. Raises `FieldRefusedError`."""
    opened = cipher.open(sealed, table="plans", column="document", case_id=case_id, version=_VERSION)
    return _PLANS.validate_json(opened)
