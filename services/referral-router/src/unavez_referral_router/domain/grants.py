"""What each rule lets a receiver read, and what a row shows as its categories."""

from __future__ import annotations

from unavez_referral_router.domain.consent import extras
from unavez_referral_router.domain.row import CONSENT, Plan, Row, RuleTerms
from unavez_referral_router.domain.standing import Progress, is_open, leaves
from unavez_shared.contracts.events import Grant
from unavez_shared.protocol.agreement import Agreement
from unavez_shared.protocol.packet import LAWYER, WAIT_FOR_LAWYER

_ALWAYS = "ROUTE"
_EXPLICIT_RULE = "consent"
"""The rule id of what stands in no rule and leaves only because she named it."""


def grants(plan: Plan, row: Row, progress: Progress, agreed: Agreement | None) -> list[Grant]:
    """Return one grant a rule, and one for what her consent names beyond the rules.

    `agreed` is what she agreed this receiver may read: what she consented to for another never opens for it.
    """
    extra = () if agreed is None else extras(agreed)
    kept = _kept(plan, row, progress, extra)
    found = [
        Grant(
            rule_id=rule.id,
            basis=rule.basis,
            categories=[category for category in _of_rule(row, rule, agreed) if category in kept],
            open=is_open(plan, row, rule, progress) and (rule.basis != CONSENT or agreed is not None),
        )
        for rule in row.rules
    ]
    named = [category for category in extra if category in kept and _may_leave(category, row)]
    if named and not row.refused:
        found.append(Grant(rule_id=_EXPLICIT_RULE, basis="consent", categories=named, open=leaves(plan, row, progress)))
    return found


def shown_categories(plan: Plan, row: Row, progress: Progress) -> list[str]:
    """Return the categories of the row in a preview or plan.

    A vital row shows what is open; until a duty or consent rule opens by itself that is the vital rule's alone.
    """
    given = grants(plan, row, progress, row.cover.widest)
    if row.vital:
        given = [g for g in given if g.open] or [g for g in given if g.basis == "vital_interest"]
    elif not row.cover.given:
        given = [g for g in given if g.basis != "consent"] or given
    return list(dict.fromkeys(category for grant in given for category in grant.categories))


def _of_rule(row: Row, rule: RuleTerms, agreed: Agreement | None) -> list[str]:
    if rule.basis != CONSENT:
        return list(rule.categories)
    if agreed is not None and agreed.categories is not None:
        covered = agreed.covers(rule.categories)
        return [category for category in rule.categories if category in covered or category == _ALWAYS]
    common = set(rule.categories)
    for other in row.rules:
        if other.basis == CONSENT:
            common &= set(other.categories)
    return [category for category in rule.categories if category in common]


def _kept(plan: Plan, row: Row, progress: Progress, extra: tuple[str, ...]) -> frozenset[str]:
    everything = frozenset(category for rule in row.rules for category in rule.categories) | set(extra)
    if not plan.lawyer_first or progress.lawyer_heard or row.service_type == LAWYER:
        return everything
    return everything - frozenset(WAIT_FOR_LAWYER)


def _may_leave(category: str, row: Row) -> bool:
    return category != "ACCOUNT_FULL" or row.service_type.startswith("JUS-")
