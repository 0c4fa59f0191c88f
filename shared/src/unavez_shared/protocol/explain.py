"""A pack in words, and what changed between two: plain data for `unavez protocol check|explain|diff`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from unavez_shared.protocol.conditions import AllOf, AnyOf, Compare, Condition
from unavez_shared.protocol.model import Pack, Rule

REVIEW = "REVIEW"

_WORDS = {
    "eq": "=",
    "in": "es uno de",
    "has": "incluye",
    "hasany": "incluye alguno de",
    "ge": "≥",
    "le": "≤",
    "gt": ">",
}
_NOT_COMPARED = {"line", "matches", "id"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One rule as a lawyer reads it."""

    rule_id: str
    kind: str
    when: str
    gives: tuple[str, ...]
    jurisdiction: str
    basis: str | None
    due_hours: int
    categories: tuple[str, ...]
    fallbacks: tuple[str, ...]
    legal_source: str
    confidence: str
    mark: str
    """`REVIEW` when a Peruvian lawyer must read it first, else empty."""
    note: str
    line: int


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that is not what it was."""

    rule_id: str
    kind: Literal["added", "removed", "changed"]
    parts: tuple[str, ...] = ()
    """Which parts of a changed rule differ."""


def explain(pack: Pack) -> tuple[Explanation, ...]:
    """Return every rule in words, in file order."""
    return tuple(explain_rule(pack, rule) for rule in pack.rules)


def explain_rule(pack: Pack, rule: Rule) -> Explanation:
    """Return one rule in words."""
    return Explanation(
        rule_id=rule.id,
        kind=rule.kind.value,
        when=words(pack, rule.when),
        gives=rule.services,
        jurisdiction=rule.jurisdiction,
        basis=None if rule.basis is None else rule.basis.value,
        due_hours=rule.due_hours,
        categories=rule.categories,
        fallbacks=tuple(f"{fallback.service_type} ({fallback.mode.value})" for fallback in rule.fallbacks),
        legal_source=rule.legal_source,
        confidence=rule.confidence,
        mark=REVIEW if rule.needs_review else "",
        note=rule.note,
        line=rule.line,
    )


def words(pack: Pack, condition: Condition) -> str:
    """Return a condition in Spanish, with the fact names people see."""
    if isinstance(condition, Compare):
        return f"{pack.facts[condition.fact].text.es} {_WORDS[condition.op]} {_value(condition.value)}"
    if isinstance(condition, AllOf):
        return _joined(pack, condition.parts, " y ")
    if isinstance(condition, AnyOf):
        return _joined(pack, condition.parts, " o ")
    return f"no ({words(pack, condition.part)})"


def diff(old: Pack, new: Pack) -> tuple[Change, ...]:
    """Return the rules added, removed and changed, in the order of the new pack, the removed last."""
    before = {rule.id: rule for rule in old.rules}
    changes: list[Change] = []
    for rule in new.rules:
        was = before.pop(rule.id, None)
        if was is None:
            changes.append(Change(rule.id, "added"))
        elif parts := _different_parts(was, rule):
            changes.append(Change(rule.id, "changed", parts))
    return (*changes, *(Change(rule_id, "removed") for rule_id in before))


def _different_parts(old: Rule, new: Rule) -> tuple[str, ...]:
    names = (field.name for field in fields(Rule) if field.name not in _NOT_COMPARED)
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def _joined(pack: Pack, parts: tuple[Condition, ...], between: str) -> str:
    said = [f"({words(pack, part)})" if isinstance(part, AllOf | AnyOf) else words(pack, part) for part in parts]
    return between.join(said)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
