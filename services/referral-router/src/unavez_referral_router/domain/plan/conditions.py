"""What may leave now: each rule of a row by itself, with what it waits for (PROTOCOL 5.4 to 5.6, SAFETY N11, N12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from unavez_referral_router.domain.plan.holds import awaiting, release_key
from unavez_referral_router.domain.plan.plan import CONSENT, DUTY, VITAL, Plan, Row, RuleTerms

_BEFORE_NOTICE = "PRO-UPE"
"""The one duty that does not wait until she was told (CONTRACT "Intake")."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What people have done with a plan so far."""

    coordinator_first: bool = False
    """Nothing leaves, vital interest included, before a coordinator confirms (SAFETY N13)."""
    confirmed: bool = False
    """A named worker confirmed it."""
    guards_answered: bool = False
    """By confirming a plan that showed its guards."""
    second_confirmed: bool = False
    released: frozenset[str] = field(default_factory=frozenset)
    """`<row number>:<task code>` of the holds a person lifted."""
    accepted: frozenset[int] = field(default_factory=frozenset)
    """Rows somebody accepted."""
    ended: frozenset[int] = field(default_factory=frozenset)
    """Rows nobody is left for."""
    has_lawyer: bool = False
    """Somebody took her referral for legal defence: crime and account no longer wait (SAFETY N8)."""


IF_CONFIRMED = Progress(confirmed=True)
"""What a preview shows: posted with `confirmed_by`, nothing answered yet."""


def blockers(plan: Plan, row: Row, rule: RuleTerms, progress: Progress) -> Iterator[str]:
    """Yield what a rule waits for, as `withheld_for` says it; nothing = that rule alone lets the offer leave."""
    if row.refused or (rule.basis == CONSENT and not row.cover.given):
        yield "consent"
    if rule.basis == DUTY and not plan.duty_notice and row.service_type != _BEFORE_NOTICE:
        yield "tell_first"
    if rule.open_guards and not (progress.guards_answered or (progress.confirmed and row.shown)):
        yield from (f"confirm:/facts/{fact}" for fact in rule.open_guards)
    if rule.second_confirmer and not progress.second_confirmed:
        yield "second_confirmer"
    if rule.awaits is not None:
        waits = awaiting(plan, row, rule.awaits, progress.accepted, progress.ended, progress.released)
        if waits is not None:
            yield waits
    if rule.task is not None and release_key(row.number, rule.task) not in progress.released:
        yield f"task:{rule.task}"


def withheld_for(plan: Plan, row: Row, progress: Progress) -> list[str] | None:
    """Return why a row does not leave once the plan is confirmed; None when at least one rule lets it."""
    if progress.coordinator_first:
        return ["coordinator"]
    reasons: dict[str, None] = {}
    for rule in row.rules:
        mine = list(blockers(plan, row, rule, progress))
        if not mine:
            return None
        reasons.update(dict.fromkeys(mine))
    return list(reasons)


def is_open(plan: Plan, row: Row, rule: RuleTerms, progress: Progress) -> bool:
    """Tell whether this rule alone lets the offer leave now: only vital interest does without a named worker."""
    if progress.coordinator_first:
        return False
    if rule.basis != VITAL and not (progress.confirmed and plan.complete):
        return False
    return not any(blockers(plan, row, rule, progress))


def leaves(plan: Plan, row: Row, progress: Progress) -> bool:
    """Tell whether the row may be offered now."""
    return any(is_open(plan, row, rule, progress) for rule in row.rules)
