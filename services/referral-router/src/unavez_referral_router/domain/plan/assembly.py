"""From what the protocol requires to a plan: who could take each row, what she agreed to, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.listing import find
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.person import Person, person_of
from unavez_referral_router.domain.matching.route import find_route
from unavez_referral_router.domain.matching.search import Search
from unavez_referral_router.domain.matching.service import SHELTER_PREFIX
from unavez_referral_router.domain.plan.consent import Cover, cover_of
from unavez_referral_router.domain.plan.digest import plan_digest, row_digest, rows_of
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import CONSENT, Avoided, Awaits, Plan, PlanItem, Row, RuleTerms, Unmet
from unavez_referral_router.domain.plan.precedence import Refusal, refusal_of
from unavez_shared.protocol.model import Basis, Evaluation, RequiredRow, Rule
from unavez_shared.protocol.vocabulary import REPORTER_ADVICE

_LAWYER_FIRST = "LAWYER-FIRST"
_ADVICE_HOURS = 24
"""As in the rules that name it: who reports is advised, whatever was reported (SAFETY N10)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a plan is made of, for one set of facts."""

    evaluation: Evaluation
    facts: Mapping[str, Any]
    current: str | None
    """`places.current`."""
    inputs: Inputs
    directory: Directory
    digest_key: bytes


def make_plan(situation: Situation, *, with_routes: bool) -> Plan:
    """Return the plan. Pure. `with_routes`: also work out whom to ask, hidden houses included (not in a preview)."""
    situation, reporter_avoids = _without_the_reporters_wishes(situation)
    evaluation, inputs = situation.evaluation, situation.inputs
    person = person_of(situation.facts, situation.current)
    shown = rows_of(inputs.shown_digest)
    asked = [row for row in evaluation.rows if inputs.complete or row.basis is Basis.VITAL_INTEREST]
    rows = tuple(
        _row(number, required, person, situation, shown, with_routes=with_routes)
        for number, required in enumerate(asked)
    )
    constraints = tuple(PlanItem(c.code, _ids(c.rules)) for c in evaluation.constraints)
    return Plan(
        protocol_version=evaluation.protocol_version,
        digest=plan_digest(situation.digest_key, [bytes.fromhex(row.digest) for row in rows]),
        rows=rows,
        tasks=_tasks(situation),
        constraints=constraints,
        suppressed=tuple(PlanItem(s.service_type, _ids(s.rules)) for s in evaluation.suppressed),
        open_facts=evaluation.open_facts,
        handling=evaluation.handling,
        complete=inputs.complete,
        duty_notice=inputs.duty_notice,
        lawyer_first=any(constraint.code == _LAWYER_FIRST for constraint in constraints),
        avoided=tuple(sorted(inputs.avoided_organizations)),
        avoided_types=tuple(sorted(inputs.avoided_types)),
        reporter_avoids=reporter_avoids,
    )


def _without_the_reporters_wishes(situation: Situation) -> tuple[Situation, Avoided | None]:
    """Take out of a third party's report what he would rather avoid: he may be whom she has to be protected from."""
    inputs = situation.inputs
    if situation.facts.get("third_party") is not True or not (inputs.avoided_organizations or inputs.avoided_types):
        return situation, None
    theirs = Avoided(tuple(sorted(inputs.avoided_organizations)), tuple(sorted(inputs.avoided_types)))
    hers = replace(inputs, avoided_organizations=frozenset(), avoided_types=frozenset())
    return replace(situation, inputs=hers), theirs


def _tasks(situation: Situation) -> tuple[PlanItem, ...]:
    if not situation.inputs.complete:
        return ()
    tasks = [PlanItem(task.code, _ids(task.rules), task.due_hours) for task in situation.evaluation.tasks]
    if situation.facts.get("third_party") is True and all(task.code != REPORTER_ADVICE for task in tasks):
        tasks.append(PlanItem(REPORTER_ADVICE, (), _ADVICE_HOURS))
    return tuple(tasks)


def _row(
    number: int,
    required: RequiredRow,
    person: Person,
    situation: Situation,
    shown: frozenset[bytes],
    *,
    with_routes: bool,
) -> Row:
    inputs = situation.inputs
    refusal = refusal_of(required, inputs.avoided_types, person)
    search = _search(required, person, situation, refusal)
    listing = find(search, situation.directory)
    shelter = required.service_type.startswith(SHELTER_PREFIX)
    hidden_refusal = refusal.counts and not shelter  # a front door's list never tells what she avoids (SAFETY N1)
    candidates = () if hidden_refusal else listing.candidates
    misfit = Misfit.SURVIVOR_DECLINED if hidden_refusal else listing.misfit
    rules = tuple(_terms(rule, person, situation.facts) for rule in required.rules)
    digest = row_digest(situation.digest_key, required.service_type, required.jurisdiction, rules, listing.candidates)
    return Row(
        number=number,
        service_type=required.service_type,
        jurisdiction=required.jurisdiction,
        place=None if shelter else required.place,
        basis=required.basis.value,
        due_hours=required.due_hours,
        ack_hours=required.ack_hours,
        rules=rules,
        candidates=candidates,
        route=find_route(listing.links, search, situation.directory) if with_routes and not refusal.counts else (),
        unmet=None if misfit is None else Unmet(required.unmet_code, required.service_type, misfit.code),
        unmet_code=required.unmet_code,
        digest=digest.hex(),
        cover=_cover(required, candidates, inputs, agreed=inputs.agrees_to(digest, shown)),
        shown=digest in shown,
        refused=refusal.counts,
        overridden=refusal.overridden,
    )


def _search(required: RequiredRow, person: Person, situation: Situation, refusal: Refusal) -> Search:
    return Search(
        service_type=required.service_type,
        jurisdiction=required.jurisdiction,
        place=required.place,
        fallbacks=required.fallbacks,
        avoided_provinces=required.avoided_provinces,
        suppressed=situation.evaluation.suppressed_types,
        avoided_organizations=situation.inputs.avoided_organizations,
        avoided_types=situation.inputs.avoided_types,
        vital=required.basis is Basis.VITAL_INTEREST,
        last_resort=refusal.may_be_overridden,
        person=person,
    )


def _cover(required: RequiredRow, candidates: Iterable[Candidate], inputs: Inputs, *, agreed: bool) -> Cover:
    return cover_of(
        [consent for consent in inputs.consents if consent.active(inputs.at)],
        receivers=[(candidate.organization_id, candidate.service_type) for candidate in candidates],
        row_type=required.service_type,
        agreed_to_row=agreed and any(rule.basis == CONSENT for rule in required.rules),
    )


def _terms(rule: Rule, person: Person, facts: Mapping[str, Any]) -> RuleTerms:
    hold = rule.hold_until
    return RuleTerms(
        id=rule.id,
        basis=rule.basis.value if rule.basis is not None else CONSENT,
        categories=rule.categories,
        legal_source=rule.legal_source,
        confidence=rule.confidence,
        needs_review=rule.needs_review,
        open_guards=tuple(fact for fact in rule.guards if facts.get(fact) is None),
        awaits=Awaits(hold.services, hold.lift_if_none) if hold is not None and hold.services else None,
        task=None if hold is None else hold.task,
        second_confirmer=rule.second_confirmer and not person.minor,
        via=rule.via,
    )


def _ids(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(rule.id for rule in rules)
