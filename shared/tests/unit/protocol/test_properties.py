"""For any facts of the vocabulary: it answers, and what must never happen does not."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from unavez_shared.protocol import evaluate, load_pack, normalise
from unavez_shared.protocol.places import districts
from unavez_shared.protocol.vocabulary_types import FactSpec

PACK = load_pack("pe")


def a_value(spec: FactSpec) -> st.SearchStrategy[Any]:
    match spec.type:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(spec.minimum, spec.maximum)
        case "codes":
            return st.lists(st.sampled_from(spec.values), max_size=4) | st.sampled_from(spec.values)
        case "language":
            return st.sampled_from(sorted(PACK.languages))
        case "country":
            return st.sampled_from(sorted(PACK.countries))
    return st.sampled_from(spec.values)


some_facts = st.fixed_dictionaries(
    {"is_minor": st.booleans()},
    optional={name: st.none() | a_value(spec) for name, spec in PACK.facts.items() if name != "is_minor"},
)
a_place = st.sampled_from(sorted(districts())) | st.sampled_from(sorted(PACK.countries))
some_places = st.fixed_dictionaries(
    {},
    optional={
        "current": st.none() | a_place,
        "origin": a_place,
        "court": a_place,
        "exploitation": a_place | st.lists(a_place, max_size=4),
        "transit": st.lists(a_place, max_size=4),
    },
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(some_facts, some_places)
def test_any_facts_are_evaluated_and_the_rows_keep_their_promises(
    facts: dict[str, Any], places: dict[str, Any]
) -> None:
    normalised = normalise(facts, places)
    evaluation = evaluate(PACK, normalised)

    keys = [(row.service_type, row.jurisdiction, row.place) for row in evaluation.rows]
    assert len(keys) == len(set(keys))
    assert not set(evaluation.open_facts) & set(normalised)
    for row in evaluation.rows:
        assert row.service_type not in evaluation.suppressed_types
        assert not {fallback.service_type for fallback in row.fallbacks} & evaluation.suppressed_types
        assert row.due_hours == min(rule.due_hours for rule in row.rules)
        assert row.basis.strength == max(rule.basis.strength for rule in row.rules if rule.basis is not None)
        assert row.jurisdiction == "safe_district" or not row.avoided_provinces
        assert row.place is None or row.jurisdiction not in ("safe_district", "national")
    if normalised.get("third_party") is True:
        assert all(rule.basis != "consent" for row in evaluation.rows for rule in row.rules)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some_facts, some_places)
def test_normalising_again_changes_nothing(facts: dict[str, Any], places: dict[str, Any]) -> None:
    once = normalise(facts, places)
    assert normalise(once.facts_json(), once.places_json()) == once


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some_facts, st.data())
def test_a_fact_that_is_not_open_changes_no_row(facts: dict[str, Any], data: st.DataObject) -> None:
    normalised = normalise(facts, None)
    evaluation = evaluate(PACK, normalised)
    # An age can contradict a stated minority: then it is not asked for, and would change what is known.
    closed = sorted(set(PACK.facts) - set(evaluation.open_facts) - set(normalised) - {"age", "is_minor"})
    if not closed:
        return
    name = data.draw(st.sampled_from(closed))
    value = data.draw(a_value(PACK.facts[name]))
    after = evaluate(PACK, normalise({**normalised.facts_json(), name: value}, None))

    def shown(what: Any) -> Any:
        return {(row.service_type, row.jurisdiction, row.rule_ids) for row in what.rows}, what.tasks, what.suppressed

    assert shown(after) == shown(evaluation)
