"""Reading a condition tree: unknown facts, operators and values are refused where they stand."""

from __future__ import annotations

from typing import Any

from unavez_shared.protocol.conditions import OPERATORS, AllOf, AnyOf, Compare, Condition, Not
from unavez_shared.protocol.load_vocabularies import Vocabularies
from unavez_shared.protocol.source import PathTo, Source
from unavez_shared.protocol.vocabulary_types import FactSpec

_OPERATORS_OF = {
    "boolean": {"eq"},
    "code": {"eq", "in"},
    "country": {"eq", "in"},
    "language": {"eq", "in"},
    "codes": {"has", "hasany"},
    "integer": {"eq", "in", "ge", "le", "gt"},
}
_TAKES_LIST = {"in", "hasany"}


def read_condition(source: Source, path: PathTo, vocabularies: Vocabularies, *, rule: str) -> Condition:
    """Return the tree at that path; raises PackError."""
    node = _at(source, path)
    match node:
        case {"all": [*parts]} if len(node) == 1 and parts:
            return AllOf(_parts(source, (*path, "all"), len(parts), vocabularies, rule))
        case {"any": [*parts]} if len(node) == 1 and parts:
            return AnyOf(_parts(source, (*path, "any"), len(parts), vocabularies, rule))
        case {"not": _} if len(node) == 1:
            return Not(read_condition(source, (*path, "not"), vocabularies, rule=rule))
        case {"f": fact, "op": op, "v": value} if set(node) == {"f", "op", "v"}:
            return _comparison(source, path, vocabularies, rule, Compare(fact, op, value))
    raise source.error(path, "a condition is all, any, not, or {f, op, v}", rule=rule)


def _at(source: Source, path: PathTo) -> Any:
    value = source.value
    for step in path:
        value = value[step]
    return value


def _parts(source: Source, path: PathTo, count: int, vocabularies: Vocabularies, rule: str) -> tuple[Condition, ...]:
    return tuple(read_condition(source, (*path, index), vocabularies, rule=rule) for index in range(count))


def _comparison(source: Source, path: PathTo, vocabularies: Vocabularies, rule: str, given: Compare) -> Compare:
    spec = vocabularies.facts.get(given.fact) if isinstance(given.fact, str) else None
    if spec is None:
        raise source.error((*path, "f"), f"unknown fact {given.fact!r}", rule=rule)
    if not isinstance(given.op, str) or given.op not in OPERATORS:
        raise source.error((*path, "op"), f"unknown operator {given.op!r}", rule=rule)
    if given.op not in _OPERATORS_OF[spec.type]:
        raise source.error((*path, "op"), f"operator {given.op} does not fit the {spec.type} {spec.name}", rule=rule)
    listed = given.op in _TAKES_LIST
    if listed != isinstance(given.value, list) or given.value == []:
        raise source.error((*path, "v"), f"operator {given.op} takes {'a list' if listed else 'one value'}", rule=rule)
    for value in given.value if listed else [given.value]:
        if not fits(spec, value, vocabularies):
            raise source.error((*path, "v"), f"{value!r} is not a value of {spec.name}", rule=rule)
    return Compare(given.fact, given.op, tuple(given.value) if listed else given.value)


def fits(spec: FactSpec, value: object, vocabularies: Vocabularies) -> bool:
    """Return whether one value (never a list) belongs to the fact's vocabulary."""
    if spec.type == "boolean":
        return isinstance(value, bool)
    if spec.type == "integer":
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and (spec.minimum is None or value >= spec.minimum)
            and (spec.maximum is None or value <= spec.maximum)
        )
    if not isinstance(value, str):
        return False
    if spec.type == "country":
        return value in vocabularies.countries
    if spec.type == "language":
        return value in vocabularies.languages
    return value in spec.values
