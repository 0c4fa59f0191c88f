"""Nobody without a row (SAFETY N20): whoever she is and whatever she asks for, something answers each need.

That is a row, a task, or a suppression with its rule; a row nobody can take is an unmet need. The walk takes every
combination of gender, minor, found, incident and reintegration with one or two stated needs, and with one need beside
what else decides who answers (foreign, stateless, colluding police …). Some answers count only when they come in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, islice, product
from typing import Any

import pytest

from unavez_shared.protocol import Rule, load_pack, normalise
from unavez_shared.protocol.evaluate import fires
from unavez_shared.protocol.load_rules import SUPPRESS

PACK = load_pack("pe")
PROPOSALS = {rule.id for rule in PACK.rules if rule.id.startswith("W")}
SAMPLE = 37
"""The normal set takes every 37th combination: a prime, so that it falls on all values of every axis."""

LAW = {"JUS-SUNADEP", "PRO-CEM", "PRO-DEMUNA", "PRO-UPE"}
PROSECUTION = {"JUS-FISTRAP", "JUS-FISTRAP-NAT", "JUS-FPEN", "JUS-JFAM"}
ABROAD = {"MIG-RREE", "MIG-IOM"}
FOR_SOMEBODY_ELSE = {"REPORTER-ADVICE", "PRO-UPE"} | PROSECUTION
"""What answers any need of somebody who is not there to be asked."""
ANSWERS: Mapping[str, set[str]] = {
    "psych": {"HLT-CSMC", "PSY-CSO"},
    "health": {"HLT-EMER", "HLT-GEN", "HLT-MAT"},
    "legal": LAW,
    "documents": ABROAD | {"IDN-RENIEC", "MIG-MIGRACIONES", "MIG-CEPR", "CH-PAO", "PRO-DEMUNA", "PRO-UPE"},
    "work": {"REI-MTPE"},
    "study": {"REI-EDU"},
    "return": ABROAD | {"PRO-CEM", "PRO-DEMUNA", "PRO-UPE"},
    "report": PROSECUTION | LAW,
    "shelter": {code for code, service in PACK.services.items() if service.is_shelter},
    "transport": {"ACC-TRANSPORT"},
    "danger": PROSECUTION | LAW | {"CH-105", "PRO-SAU", "PRO-UDAVIT", "PSY-CSO"},
    "suicide": {"HLT-CSMC", "HLT-EMER"},
    "status": {"CH-PAO", "MIG-ACNUR", "PRO-UPE"},
    "violence": {"PRO-CEM", "PRO-UPE", "PSY-CSO"},
    "trafficking": {"PRO-CEM", "PRO-UPE", "PSY-CSO", "JUS-SUNADEP"},
}
IN_DANGER_WITHIN = {"PRO-UDAVIT": 48, "PSY-CSO": 72}
"""Hours: who comes later than a day and is the answer all the same (notes of W4 and W10)."""
A_DAY = 24
STATED: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("psych", {"wants_psych": True}),
    ("health", {"wants_health": True}),
    ("legal", {"wants_legal": True}),
    ("documents", {"wants_docs": True}),
    ("documents", {"document": "NONE"}),
    ("documents", {"document": "LOST"}),
    ("documents", {"document": "WITHHELD"}),
    ("work", {"wants_job": True}),
    ("study", {"wants_study": True}),
    ("return", {"wants_return": "internal"}),
    ("return", {"wants_return": "abroad"}),
    ("report", {"wants_report": "yes"}),
    ("shelter", {"needs_shelter": True}),
    ("transport", {"needs_transport": True}),
    ("danger", {"danger": "possible"}),
    ("danger", {"danger": "imminent"}),
    ("danger", {"triage": "moderado"}),
    ("danger", {"triage": "severo"}),
    ("suicide", {"suicide": "some"}),
    ("suicide", {"suicide": "high"}),
    ("status", {"migratory": "stateless"}),
)
BESIDE: Sequence[Mapping[str, Any]] = (
    {"foreign": True},
    {"foreign": True, "fears_country": True},
    {"police_collusion": True},
    {"justice_compromised": True},
    {"family_implicated": True},
    {"reprisal_risk": True},
    {"lgbtiq": True},
)


@dataclass(slots=True)
class Walk:
    """What a walk found."""

    unanswered: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    indispensable: set[str] = field(default_factory=set)
    """Rules that are somebody's only answer to a need."""


def people() -> Iterator[dict[str, Any]]:
    incidents = PACK.facts["incident"].values
    kinds = chain.from_iterable(combinations(incidents, size) for size in range(len(incidents) + 1))
    genders = (None, *PACK.facts["gender"].values)
    axes = product(genders, (True, False), (None, True), kinds, (None, True))
    for gender, minor, third_party, incident, later in axes:
        yield {
            "gender": gender,
            "is_minor": minor,
            "third_party": third_party,
            "incident": incident,
            "stage_reintegration": later,
        }


def statements() -> list[tuple[set[str], Mapping[str, Any]]]:
    one = [({need}, facts) for need, facts in STATED]
    two = [
        ({need, other}, {**facts, **more}) for (need, facts), (other, more) in combinations(STATED, 2) if need != other
    ]
    placed = [({need}, {**facts, **more}) for (need, facts), more in product(STATED, BESIDE)]
    return [(set(), {}), *one, *two, *placed]


def asked() -> Iterator[tuple[set[str], Mapping[str, Any]]]:
    """Yield everybody with what she needs: what she says, and an answer to what was done to her."""
    for person, (needs, said) in product(people(), statements()):
        incident = set(person["incident"])
        harm = ({"trafficking"} if "TRAF" in incident else set()) | ({"violence"} if incident - {"TRAF"} else set())
        yield needs | harm, {**person, **said}


def answers(rule: Rule, need: str, *, somebody_else: bool) -> bool:
    given = {code.removeprefix(SUPPRESS) for code in rule.services}
    if somebody_else and given & FOR_SOMEBODY_ELSE:
        return True
    fitting = given & ANSWERS[need]
    if need == "danger":
        return any(rule.due_hours <= IN_DANGER_WITHIN.get(code, A_DAY) for code in fitting)
    return bool(fitting)


def walk(step: int) -> Walk:
    found = Walk()
    answering = {
        (need, somebody_else): {rule.id for rule in PACK.rules if answers(rule, need, somebody_else=somebody_else)}
        for need, somebody_else in product(ANSWERS, (True, False))
    }
    for needs, said in islice(asked(), 0, None, step):
        facts = normalise(said, None).stated
        fired = {rule.id for rule in PACK.rules if fires(rule, facts)}
        for need in needs:
            by = fired & answering[need, facts.get("third_party") is True]
            if not by:
                found.unanswered.append((need, said))
            elif len(by) == 1:
                found.indispensable |= by
    return found


@pytest.fixture(
    scope="module",
    params=[SAMPLE, pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(600)])],
    ids=["sample", "whole"],
)
def walked(request: pytest.FixtureRequest) -> Walk:
    return walk(request.param)


def test_the_walk_is_as_long_as_the_threat_model_says() -> None:
    assert len(list(people())) * len(statements()) == 327_040


def test_each_stated_need_has_a_row_a_task_or_a_suppression_with_its_rule(walked: Walk) -> None:
    assert walked.unanswered == []


def test_without_any_one_of_the_proposals_somebody_gets_nothing(walked: Walk) -> None:
    assert len(PROPOSALS) == 21
    assert PROPOSALS - walked.indispensable == set()
