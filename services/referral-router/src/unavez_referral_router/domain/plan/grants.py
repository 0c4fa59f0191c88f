"""What each rule lets a receiver read, and what a row shows as its categories."""

from __future__ import annotations

from unavez_referral_router.domain.plan.conditions import Progress, is_open, leaves
from unavez_referral_router.domain.plan.consent import extras
from unavez_referral_router.domain.plan.plan import CONSENT, Plan, Row
from unavez_shared.contracts.event_data import Grant
from unavez_shared.protocol.agreement import EXPLICIT_RULE, Agreement, shared_by

_ALWAYS = "ROUTE"


def grants(plan: Plan, row: Row, progress: Progress, agreed: Agreement | None) -> list[Grant]:
    """Return one grant a rule, and one for what her consent names beyond the rules.

    `agreed` is what she agreed this receiver may read: what she consented to for another never opens for it. A grant
    has its rule's categories whatever she named or refused of them, whatever its row merged and whatever waits for her
    lawyer: only the projection withholds, for the shape of a packet says nothing (SAFETY N8).
    """
    found = [
        Grant(
            rule_id=rule.id,
            basis=rule.basis,
            categories=list(rule.categories),
            open=is_open(plan, row, rule, progress) and (rule.basis != CONSENT or agreed is not None),
        )
        for rule in row.rules
    ]
    named = [category for category in (() if agreed is None else extras(agreed)) if _may_leave(category, row)]
    if named and not row.refused:
        found.append(Grant(rule_id=EXPLICIT_RULE, basis="consent", categories=named, open=leaves(plan, row, progress)))
    return found


def shown_categories(plan: Plan, row: Row, progress: Progress) -> list[str]:
    """Return the categories of the row in a preview or plan, for her team: of a consent rule, what she agreed to.

    A vital row shows what is open; until a duty or consent rule opens by itself that is the vital rule's alone.
    """
    agreed = row.cover.widest
    given = grants(plan, row, progress, agreed)
    if row.vital:
        given = [g for g in given if g.open] or [g for g in given if g.basis == "vital_interest"]
    elif not row.cover.given:
        given = [g for g in given if g.basis != "consent"] or given
    shared = shared_by(rule.categories for rule in row.rules if rule.basis == CONSENT)
    return list(dict.fromkeys(category for grant in given for category in _agreed_to(grant, agreed, shared)))


def _agreed_to(grant: Grant, agreed: Agreement | None, shared: frozenset[str]) -> list[str]:
    if grant.basis != CONSENT or grant.rule_id == EXPLICIT_RULE:
        return grant.categories
    covered = (agreed or Agreement()).covers(grant.categories, shared)
    return [category for category in grant.categories if category in covered or category == _ALWAYS]


def _may_leave(category: str, row: Row) -> bool:
    return category != "ACCOUNT_FULL" or row.service_type.startswith("JUS-")
