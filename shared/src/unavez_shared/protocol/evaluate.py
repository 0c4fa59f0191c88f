"""From facts to what the protocol requires: a pure function (PROTOCOL 5).

Candidates, consent, holds and refusals are the router's; here stands only what the rules ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from unavez_shared.protocol.facts import Facts
from unavez_shared.protocol.jurisdiction import avoided_provinces, near, places_of
from unavez_shared.protocol.load_rules import SUPPRESS
from unavez_shared.protocol.model import (
    Basis,
    ConstraintRow,
    Evaluation,
    Fallback,
    Kind,
    Pack,
    RequiredRow,
    Rule,
    SuppressedRow,
    TaskRow,
)
from unavez_shared.protocol.open_facts import find_open_facts

SAFE_DISTRICT = "safe_district"


def evaluate(pack: Pack, facts: Facts, *, at: date | None = None) -> Evaluation:
    """Return what the protocol requires for these facts.

    `at` leaves out the rules not in force on that day; None reads the pack as it stands.
    """
    fired = tuple(fires(rule, facts.stated) and (at is None or rule.in_force(at)) for rule in pack.rules)
    rules = [rule for rule, fires_now in zip(pack.rules, fired, strict=True) if fires_now]
    suppressed, constraints = _constraints(rules)
    constraint_codes = {row.code for row in constraints}
    suppressed_types = frozenset(row.service_type for row in suppressed)
    return Evaluation(
        protocol_version=pack.version,
        rows=_rows(rules, suppressed_types, facts),
        tasks=_tasks(rules),
        constraints=constraints,
        suppressed=suppressed,
        handling=tuple(
            handling.code
            for handling in pack.handling.values()
            if handling.constraint in constraint_codes or (handling.when is not None and handling.when(facts.stated))
        ),
        open_facts=find_open_facts(pack, facts.stated, fired, suppressed_types, at=at),
    )


def fires(rule: Rule, values: Mapping[str, Any]) -> bool:
    """Return whether the rule asks for something: of a third party's report, nobody has consented to anything."""
    return rule.matches(values) and not (rule.basis is Basis.CONSENT and values.get("third_party") is True)


def unknown_guards(rule: Rule, facts: Facts) -> tuple[str, ...]:
    """Return the facts this rule waits for and nobody has stated: the row is held until a person answers."""
    return tuple(fact for fact in rule.guards if not facts.known(fact))


def _constraints(rules: Iterable[Rule]) -> tuple[tuple[SuppressedRow, ...], tuple[ConstraintRow, ...]]:
    suppressed: dict[str, list[Rule]] = {}
    constraints: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.kind is not Kind.CONSTRAINT:
            continue
        for code in rule.services:
            if code.startswith(SUPPRESS):
                suppressed.setdefault(code.removeprefix(SUPPRESS), []).append(rule)
            else:
                constraints.setdefault(code, []).append(rule)
    return (
        tuple(SuppressedRow(code, tuple(given)) for code, given in suppressed.items()),
        tuple(ConstraintRow(code, tuple(given)) for code, given in constraints.items()),
    )


def _tasks(rules: Iterable[Rule]) -> tuple[TaskRow, ...]:
    tasks: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.kind is Kind.TASK:
            for code in rule.services:
                tasks.setdefault(code, []).append(rule)
    return tuple(TaskRow(code, min(rule.due_hours for rule in given), tuple(given)) for code, given in tasks.items())


def _rows(rules: Iterable[Rule], suppressed: frozenset[str], facts: Facts) -> tuple[RequiredRow, ...]:
    asked: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        if rule.kind is Kind.REFERRAL:
            for service_type in rule.services:
                if service_type not in suppressed:
                    asked.setdefault((service_type, rule.jurisdiction), []).append(rule)
    rows: list[RequiredRow] = []
    for (service_type, jurisdiction), given in asked.items():
        safe = jurisdiction == SAFE_DISTRICT
        acks = [rule.ack_hours for rule in given if rule.ack_hours is not None]
        rows.extend(
            RequiredRow(
                service_type=service_type,
                jurisdiction=jurisdiction,
                place=place,
                basis=max((rule.basis for rule in given if rule.basis is not None), key=lambda basis: basis.strength),
                due_hours=min(rule.due_hours for rule in given),
                ack_hours=min(acks) if acks else None,
                rules=tuple(given),
                fallbacks=_fallbacks(given, suppressed),
                unmet_code=next((rule.unmet_code for rule in given if rule.unmet_code is not None), service_type),
                avoided_provinces=avoided_provinces(facts) if safe else frozenset(),
                near=near(facts) if safe else None,
            )
            for place in places_of(jurisdiction, facts.places)
        )
    return tuple(rows)


def _fallbacks(rules: Iterable[Rule], suppressed: frozenset[str]) -> tuple[Fallback, ...]:
    joined = dict.fromkeys(fallback for rule in rules for fallback in rule.fallbacks)
    return tuple(fallback for fallback in joined if fallback.service_type not in suppressed)
