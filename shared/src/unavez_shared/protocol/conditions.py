"""The condition tree of a rule, and its compilation into one closure.

Two-valued (PROTOCOL 5.2): a comparison with an unknown fact is false, so `not` of it is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison of one fact with a value of its vocabulary."""

    fact: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when some part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is not."""

    part: Condition


Condition = Compare | AllOf | AnyOf | Not


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Yield every comparison of the tree, in reading order."""
    if isinstance(condition, Compare):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.part)
    else:
        for part in condition.parts:
            yield from comparisons(part)


def facts_of(condition: Condition) -> frozenset[str]:
    """Return the names of the facts the tree looks at."""
    return frozenset(comparison.fact for comparison in comparisons(condition))


def compile_condition(condition: Condition) -> Predicate:
    """Return the tree as one function of the normalised facts (a plain mapping; absent = unknown)."""
    if isinstance(condition, Compare):
        return _COMPILERS[condition.op](condition.fact, condition.value)
    if isinstance(condition, Not):
        inner = compile_condition(condition.part)
        return lambda facts: not inner(facts)
    parts = tuple(compile_condition(part) for part in condition.parts)
    return _all(parts) if isinstance(condition, AllOf) else _any(parts)


def _all(parts: Sequence[Predicate]) -> Predicate:
    def holds(facts: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110  (twice as fast as all(): a plan asks some four thousand times)
            if not part(facts):
                return False
        return True

    return holds


def _any(parts: Sequence[Predicate]) -> Predicate:
    def holds(facts: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110  (as above)
            if part(facts):
                return True
        return False

    return holds


def _equal(fact: str, value: Any) -> Predicate:
    return lambda facts: facts.get(fact) == value


def _among(fact: str, values: Any) -> Predicate:
    wanted = frozenset(values)
    return lambda facts: facts.get(fact) in wanted


def _has(fact: str, value: Any) -> Predicate:
    return lambda facts: value in facts.get(fact, ())


def _has_any(fact: str, values: Any) -> Predicate:
    wanted = frozenset(values)
    return lambda facts: not wanted.isdisjoint(facts.get(fact, ()))


def _at_least(fact: str, value: Any) -> Predicate:
    return lambda facts: (known := facts.get(fact)) is not None and known >= value


def _at_most(fact: str, value: Any) -> Predicate:
    return lambda facts: (known := facts.get(fact)) is not None and known <= value


def _more_than(fact: str, value: Any) -> Predicate:
    return lambda facts: (known := facts.get(fact)) is not None and known > value


_COMPILERS: Mapping[str, Callable[[str, Any], Predicate]] = {
    "eq": _equal,
    "in": _among,
    "has": _has,
    "hasany": _has_any,
    "ge": _at_least,
    "le": _at_most,
    "gt": _more_than,
}
OPERATORS = frozenset(_COMPILERS)
