"""The protocol in force, rule by rule, with the law it rests on and whether a lawyer still has to read it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_referral_router.api.answers import ProtocolAnswer
from unavez_referral_router.api.resources import resources
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.protocol import Rule
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import allow

router = APIRouter(prefix="/v1", tags=["protocol"])


@router.get("/protocol", response_model=ProtocolAnswer, summary="The protocol in force")
async def get_protocol(request: Request, _: Annotated[Actor, allow(*Role)]) -> Response:
    """Show every rule."""
    held = resources(request)
    pack = held.stores.planner.pack
    return answer(
        {
            "protocol_version": pack.version,
            "valid_from": pack.valid_from,
            "rules": [_rule(rule) for rule in pack.rules],
            "not_routed": dict(pack.not_routed),
            "demo": held.demo,
        }
    )


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "kind": rule.kind.value,
        "services": list(rule.services),
        "jurisdiction": rule.jurisdiction,
        "basis": None if rule.basis is None else rule.basis.value,
        "due_hours": rule.due_hours,
        "categories": list(rule.categories),
        "legal_source": rule.legal_source,
        "confidence": rule.confidence,
        "needs_review": rule.needs_review,
        "note": rule.note,
    }
