"""What is worth asking next: unknown facts any one of whose values would change the plan (PROTOCOL 5.2).

One fact at a time (docs/adr/0012): facts that change something only together open one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from unavez_shared.protocol.facts import ADULT_AGE, add_what_follows
from unavez_shared.protocol.model import Basis, Kind, Pack, Probe, Rule
from unavez_shared.protocol.probes import SOURCES


def find_open_facts(
    pack: Pack, values: Mapping[str, Any], fired: Sequence[bool], suppressed: frozenset[str], *, at: date | None = None
) -> tuple[str, ...]:
    """Return, in the order of the vocabulary, the unknown facts that could change the plan.

    Only the rules that name a fact are asked again, with each value that can make a difference.
    """
    matter = tuple(_matters(rule, suppressed) and (at is None or rule.in_force(at)) for rule in pack.rules)
    return tuple(
        probe.fact
        for probe in pack.probes
        if probe.fact not in values and _changes_something(pack, probe, values, fired, matter)
    )


def _changes_something(
    pack: Pack, probe: Probe, values: Mapping[str, Any], fired: Sequence[bool], matter: Sequence[bool]
) -> bool:
    # Somebody else reporting silences every consent rule, so that fact concerns all rules and not only those naming it.
    positions = range(len(pack.rules)) if probe.fact == "third_party" else probe.rules
    trial = dict(values)
    for value in probe.values:
        if probe.fact == "age" and (value < ADULT_AGE) is not values["is_minor"]:
            continue  # it would contradict what is known: her being a minor was stated
        trial[probe.fact] = value
        if probe.fact in SOURCES:
            trial = {**values, probe.fact: value}
            add_what_follows(trial)
        third_party = trial.get("third_party") is True
        for position in positions:
            rule = pack.rules[position]
            fires_then = rule.matches(trial) and not (third_party and rule.basis is Basis.CONSENT)
            if matter[position] and fires_then is not fired[position]:
                return True
    return False


def _matters(rule: Rule, suppressed: frozenset[str]) -> bool:
    """Return whether the rule shows in the plan: not when all it asks for is suppressed anyway."""
    return rule.kind is not Kind.REFERRAL or not suppressed.issuperset(rule.services)
