"""What each rule lets a receiver read, and what a row shows as its categories."""

from __future__ import annotations

from unavez_referral_router.domain.consent import extras
from unavez_referral_router.domain.row import CONSENT, Plan, Row, RuleTerms
from unavez_referral_router.domain.standing import Progress, is_open, leaves
from unavez_shared.contracts.event_data import Grant
from unavez_shared.protocol.agreement import Agreement

_ALWAYS = "ROUTE"
_EXPLICIT_RULE = "consent"
"""The rule id of what stands in no rule and leaves only because she named it."""


def grants(plan: Plan, row: Row, progress: Progress, agreed: Agreement | None) -> list[Grant]:
    """Return one grant a rule, and one for what her consent names beyond the rules.

    `agreed` is what she agreed this receiver may read: what she consented to for another never opens for it. A grant
    has its rule's categories whatever she refused of them and whatever waits for her lawyer: only the projection
    withholds, for the shape of a packet says nothing (SAFETY N8).
    """
    found = [
        Grant(
            rule_id=rule.id,
            basis=rule.basis,
            categories=_of_rule(row, rule, agreed),
            open=is_open(plan, row, rule, progress) and (rule.basis != CONSENT or agreed is not None),
        )
        for rule in row.rules
    ]
    named = [category for category in (() if agreed is None else extras(agreed)) if _may_leave(category, row)]
    if named and not row.refused:
        found.append(Grant(rule_id=_EXPLICIT_RULE, basis="consent", categories=named, open=leaves(plan, row, progress)))
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
    return list(dict.fromkeys(category for grant in given for category in _agreed_to(grant, agreed)))


def _agreed_to(grant: Grant, agreed: Agreement | None) -> list[str]:
    if grant.basis != CONSENT or agreed is None:
        return grant.categories
    covered = agreed.covers(grant.categories)
    return [category for category in grant.categories if category in covered or category == _ALWAYS]


def _of_rule(row: Row, rule: RuleTerms, agreed: Agreement | None) -> list[str]:
    if rule.basis != CONSENT:
        return list(rule.categories)
    # Merged consent rules give what they have in common (peru.md 5.5), and what she named beyond it.
    shared = set(rule.categories)
    for other in row.rules:
        if other.basis == CONSENT:
            shared &= set(other.categories)
    if agreed is not None and agreed.categories is not None:
        shared |= agreed.covers(rule.categories)
    return [category for category in rule.categories if category in shared]


def _may_leave(category: str, row: Row) -> bool:
    return category != "ACCOUNT_FULL" or row.service_type.startswith("JUS-")
