"""What a pack must promise as a whole: no service forgotten, no legal duty silenced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from unavez_shared.protocol.conditions import comparisons, facts_of
from unavez_shared.protocol.load_rules import SUPPRESS
from unavez_shared.protocol.load_vocabularies import Vocabularies
from unavez_shared.protocol.model import Basis, Kind, Rule
from unavez_shared.protocol.probes import values_worth_trying
from unavez_shared.protocol.source import PackError, Source
from unavez_shared.protocol.vocabulary_types import FactSpec


def check_every_service_is_routed(rules: tuple[Rule, ...], vocabularies: Vocabularies) -> None:
    """Every service type is asked for, is a fallback, or says why not (SAFETY N20); raises PackError."""
    routed = {code for rule in rules if rule.kind is Kind.REFERRAL for code in rule.services}
    routed |= {fallback.service_type for rule in rules for fallback in rule.fallbacks}
    source = vocabularies.services_source
    for code in vocabularies.services:
        if code not in routed and code not in vocabularies.not_routed:
            raise source.error(("services", code), f"no rule asks for {code} and not_routed does not say why")
        if code in routed and code in vocabularies.not_routed:
            raise source.error(("not_routed", code), f"{code} is routed and listed as not routed")


def check_no_duty_is_silenced(rules: tuple[Rule, ...], source: Source, facts: Mapping[str, FactSpec]) -> None:
    """Wherever a suppression removes a legal duty, a duty that replaces it fires too (PROTOCOL 5.4); raises PackError.

    Checked by enumeration over the facts the conditions name; pairs that cannot hold together need nothing.
    """
    for suppression in rules:
        taken = {code.removeprefix(SUPPRESS) for code in suppression.services if code.startswith(SUPPRESS)}
        for index, duty in enumerate(rules):
            if duty.basis is not Basis.LEGAL_DUTY or taken.isdisjoint(duty.services):
                continue
            if _some_case_is_silenced(suppression, duty, _replacements(rules, duty, taken), facts):
                raise PackError(
                    source.file,
                    source.line((index,)),
                    duty.id,
                    f"rule {suppression.id} suppresses this legal duty and no duty rule replaces it",
                )


def _replacements(rules: tuple[Rule, ...], duty: Rule, taken: set[str]) -> list[Rule]:
    return [
        rule
        for rule in rules
        if rule.replaces == duty.id and rule.basis is Basis.LEGAL_DUTY and taken.isdisjoint(rule.services)
    ]


def _some_case_is_silenced(
    suppression: Rule, duty: Rule, replacements: list[Rule], facts: Mapping[str, FactSpec]
) -> bool:
    return any(
        suppression.matches(case) and duty.matches(case) and not any(rule.matches(case) for rule in replacements)
        for case in _cases([suppression, duty, *replacements], facts)
    )


def _cases(rules: list[Rule], facts: Mapping[str, FactSpec]) -> Iterator[dict[str, Any]]:
    """Yield every combination of what the rules' facts can be, unknown included."""
    names = sorted(frozenset().union(*(facts_of(rule.when) for rule in rules)))
    compared = {name: [c for rule in rules for c in comparisons(rule.when) if c.fact == name] for name in names}
    choices = [(None, *values_worth_trying(facts[name], compared[name])) for name in names]
    for combination in product(*choices):
        yield {name: value for name, value in zip(names, combination, strict=True) if value is not None}
