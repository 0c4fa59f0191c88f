"""The smallest parts of the referral router's domain, made up: a test names what it is about, the rest is ordinary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.languages import Spoken
from unavez_referral_router.domain.matching.person import Person
from unavez_referral_router.domain.matching.route import RouteStep
from unavez_referral_router.domain.matching.search import Search
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.consent import Cover
from unavez_referral_router.domain.plan.plan import CONSENT, Plan, Row, RuleTerms
from unavez_referral_router.domain.referrals.case import Case, PlanRecord
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status

NOW = datetime(2026, 11, 20, 20, 4, tzinfo=UTC)
HELP = "PSY-CEM"
SHELTER = "SHL-HRT"
LIMA, CALLAO, CUSCO, CANCHIS = "150101", "070101", "080101", "080601"
"""Districts: Canchis is another province of the department of Cusco."""


def a_service(service_type: str = HELP, **changed: Any) -> Service:
    """Return a public service in Lima that serves the whole department and takes anybody."""
    ordinary: dict[str, Any] = {
        "service_id": uuid4(),
        "organization_id": uuid4(),
        "front_door_id": uuid4(),
        "service_type": service_type,
        "name": "Servicio inventado",
        "confidential": False,
        "delivery": "system",
        "district": LIMA,
        "served": ("15",),
        "remote": False,
        "languages": frozenset(),
        "groups": frozenset(),
        "minimum_age": 0,
        "maximum_age": 120,
        "co_located_with": frozenset(),
        "phone": "+51 1 5550100",
        "phone_verified_on": "2026-11-01",
        "available": None,
        "entered_at": NOW,
    }
    return Service(**{**ordinary, **changed})


def a_house(door: UUID | None = None, service_type: str = SHELTER, **changed: Any) -> Service:
    """Return a hidden house in Lima behind this front door."""
    return a_service(service_type, **{"confidential": True, "front_door_id": door or uuid4(), **changed})


def a_person(**changed: Any) -> Person:
    """Return a woman of 29 in Lima, of whose language nothing is known."""
    ordinary: dict[str, Any] = {
        "lowest_age": 29,
        "highest_age": 29,
        "band": (18, 29),
        "minor": False,
        "group": "women",
        "with_children": False,
        "spoken": Spoken(),
        "current": LIMA,
    }
    return Person(**{**ordinary, **changed})


def a_search(service_type: str = HELP, **changed: Any) -> Search:
    """Return a search in her district, with no stand-in and nothing she refuses."""
    ordinary: dict[str, Any] = {
        "service_type": service_type,
        "jurisdiction": "current_district",
        "place": LIMA,
        "fallbacks": (),
        "avoided_provinces": frozenset(),
        "suppressed": frozenset(),
        "avoided_organizations": frozenset(),
        "vital": False,
        "avoided_types": frozenset(),
        "last_resort": False,
        "person": a_person(),
    }
    return Search(**{**ordinary, **changed})


def a_rule(basis: str = CONSENT, **changed: Any) -> RuleTerms:
    """Return a rule that waits for nothing of its own."""
    ordinary: dict[str, Any] = {
        "id": "T1",
        "basis": basis,
        "categories": ("ROUTE", "IDENTITY"),
        "legal_source": "norma inventada",
        "confidence": "high",
        "needs_review": False,
    }
    return RuleTerms(**{**ordinary, **changed})


def a_candidate(service: Service, **changed: Any) -> Candidate:
    """Return a service as the list shows it: a hidden one as its front door."""
    ordinary: dict[str, Any] = {
        "organization_id": service.receiver_id,
        "service_id": None if service.confidential else service.service_id,
        "service_type": service.service_type,
        "fallback_for": None,
        "reasons": (),
        "score": None if service.confidential else 0,
        "delivery": service.delivery,
    }
    return Candidate(**{**ordinary, **changed})


def a_step(service: Service) -> RouteStep:
    """Return a service as the route asks it."""
    houses = (service.service_id,) if service.confidential else None
    return RouteStep(service.receiver_id, service.service_id, service.service_type, houses)


def a_row(*services: Service, rules: tuple[RuleTerms, ...] | None = None, **changed: Any) -> Row:
    """Return a row that these services could take, in this order; she agreed to all of it."""
    terms = (a_rule(),) if rules is None else rules
    kind = services[0].service_type if services else HELP
    ordinary: dict[str, Any] = {
        "number": 0,
        "service_type": kind,
        "jurisdiction": "current_district",
        "place": LIMA,
        "basis": terms[0].basis,
        "due_hours": 24,
        "ack_hours": None,
        "rules": terms,
        "candidates": tuple(a_candidate(service) for service in services),
        "route": tuple(a_step(service) for service in services),
        "unmet": None,
        "unmet_code": "NO-PSY",
        "digest": "00" * 12,
        "cover": Cover(kind, everyone=True),
        "shown": False,
        "refused": False,
        "overridden": False,
    }
    return Row(**{**ordinary, **changed})


def a_plan(*rows: Row, **changed: Any) -> Plan:
    """Return a complete plan of these rows; she was told what is a duty."""
    ordinary: dict[str, Any] = {
        "protocol_version": "0",
        "digest": "v1.",
        "rows": rows,
        "tasks": (),
        "constraints": (),
        "suppressed": (),
        "open_facts": (),
        "handling": (),
        "complete": True,
        "duty_notice": True,
        "lawyer_first": False,
    }
    return Plan(**{**ordinary, **changed})


def a_dossier(plan: Plan, *services: Service, confirmed_by: str | None = "CW-12", **changed: Any) -> Dossier:
    """Return the dossier of a plan a worker confirmed, in a directory of these services; nothing was decided yet."""
    ordinary: dict[str, Any] = {
        "case": Case(uuid4(), uuid4(), ("CW-12",), None, NOW, demo=True),
        "record": PlanRecord(uuid4(), confirmed_by=confirmed_by),
        "plan": plan,
        "directory": Directory(services),
        "now": NOW,
    }
    return Dossier(**{**ordinary, **changed})


def a_referral(**changed: Any) -> Referral:
    """Return an offer of row 0 that waits for an answer."""
    ordinary: dict[str, Any] = {
        "referral_id": uuid4(),
        "referral_code": "AAAA-0000",
        "plan_id": uuid4(),
        "case_id": uuid4(),
        "team_organization_id": uuid4(),
        "row_number": 0,
        "service_type": HELP,
        "jurisdiction": "current_district",
        "district": LIMA,
        "basis": CONSENT,
        "urgency": "urgent",
        "status": Status.REQUESTED,
        "version": 1,
        "due_at": NOW,
        "organization_id": uuid4(),
        "receiving_type": HELP,
        "entered_at": NOW,
        "offered_at": NOW,
        "respond_by": NOW,
    }
    return Referral(**{**ordinary, **changed})
