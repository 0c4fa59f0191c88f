"""Which values of a fact can make a difference: those the rules name, and one they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, combinations
from typing import Any

from unavez_shared.protocol.conditions import Compare, comparisons
from unavez_shared.protocol.model import Probe, Rule
from unavez_shared.protocol.vocabulary_types import FactSpec, Language

AGE_DOUBT, LANGUAGE = "age_doubt", "lang"
SOURCES = frozenset({AGE_DOUBT, LANGUAGE})
"""Facts other facts follow from (`facts.add_what_follows`): rules look at them through those."""


def values_worth_trying(spec: FactSpec, compared: Iterable[Compare]) -> tuple[Any, ...]:
    """Return one value for every way the comparisons can turn out, unknown apart.

    A list fact gives every combination of the codes the comparisons name (they are few).
    """
    named = [
        value
        for comparison in compared
        for value in (comparison.value if isinstance(comparison.value, tuple) else (comparison.value,))
    ]
    if spec.type == "boolean":
        return (True, False)
    if spec.type == "integer":
        around = sorted({edge + step for edge in named for step in (-1, 0, 1)})
        return tuple(v for v in around if (spec.minimum or 0) <= v <= (spec.maximum if spec.maximum is not None else v))
    distinct = tuple(dict.fromkeys(named))
    others = tuple(value for value in spec.values if value not in distinct)[:1]
    if spec.type == "codes":
        codes = distinct + others
        return tuple(chain.from_iterable(combinations(codes, size) for size in range(1, len(codes) + 1)))
    return distinct + others


def find_probes(
    rules: tuple[Rule, ...], facts: Mapping[str, FactSpec], languages: Mapping[str, Language]
) -> tuple[Probe, ...]:
    """Return, for every fact some rule names, or looks at through what follows from it, what to try and whom to ask."""
    compared: dict[str, list[Compare]] = {}
    asked: dict[str, list[int]] = {}
    for position, rule in enumerate(rules):
        for comparison in comparisons(rule.when):
            compared.setdefault(comparison.fact, []).append(comparison)
            positions = asked.setdefault(comparison.fact, [])
            if not positions or positions[-1] != position:
                positions.append(position)
    sources = {
        AGE_DOUBT: ("is_minor", (True,)),
        LANGUAGE: ("lang_family", tuple({language.family: code for code, language in languages.items()}.values())),
    }
    found: list[Probe] = []
    for name, spec in facts.items():
        values = _few(values_worth_trying(spec, compared[name])) if name in compared else ()
        concerned = set(asked.get(name, ()))
        if name in sources:
            follows, telling = sources[name]
            values = (*values, *(value for value in telling if value not in values))
            concerned |= set(asked.get(follows, ()))
        if concerned:
            found.append(Probe(name, values, tuple(sorted(concerned))))
    return tuple(found)


def _few(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return single codes and all of them together: enough to see one fact make a difference, and quick."""
    if not values or not isinstance(values[0], tuple):
        return values
    return (*(value for value in values if len(value) == 1), values[-1])
