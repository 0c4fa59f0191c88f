"""The shape of a packet says nothing: what waits, was refused or was never told looks alike (SAFETY N8, N9).

Shape = categories, handling, and the pointers of `fields` and `not_available` together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_intake.domain.consents import EXPLICIT_ONLY, Consent, ConsentKind, ConsentStatus
from unavez_intake.domain.packet import Packet, packet_of
from unavez_intake.domain.records import Account, PacketMaterial
from unavez_intake.domain.referrals import Grant, Referral
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

PACK = load_pack("pe")
NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
AGENCY = uuid4()
TOLD: Mapping[str, Any] = {
    "identity": {"name": "Persona Ficticia"},
    "safe_contact": {"allowed": True, "value": "con la promotora"},
    "legal_address": {"organization_id": str(uuid4())},
    "account": "EL RELATO",
    "account_summary": "EL RESUMEN",
    "details": dict.fromkeys(
        ("crime", "health", "psychological", "family", "migration", "reintegration", "readiness"), "DETALLE"
    ),
    "dependants": [{"ref": "h1", "age": 7}],
    "suspects": [{"ref": "s1"}],
    "sites": [{"km": "118"}],
    "evidence": [{"ref": "e1"}],
    "prior": [{"ref": "p1"}],
    "interpreter": "professional",
}
FACTS: Mapping[str, Any] = {
    "age": 29,
    "gender": "F",
    "incident": ["TRAF"],
    "exploitation": ["SEX"],
    "means": ["debt"],
    "lang": "quz",
    "danger": "possible",
    "sv_hours": 40,
    "suicide": "some",
    "wants_job": True,
}
PLACES = {"current": "170101", "exploitation": ["080201"]}

EVERYTHING = Account(TOLD, FACTS, PLACES)
FORCED = Account(TOLD, {**FACTS, "forced_to_offend": True}, PLACES)
NOTHING = Account({}, {}, {})

Stage = Literal["requested", "accepted"]
Part = Literal["file", "reserved"]
WAYS: tuple[tuple[Stage, Part], ...] = (
    ("requested", "file"), ("requested", "reserved"), ("accepted", "file"), ("accepted", "reserved"),
)  # fmt: skip


class Shape(NamedTuple):
    categories: tuple[str, ...]
    handling: tuple[str, ...]
    pointers: frozenset[str]


def shape(packet: Packet) -> Shape:
    return Shape(packet.categories, packet.handling, frozenset({*packet.fields, *packet.not_available}))


def agreement(categories: Collection[str] | None, *, status: ConsentStatus = ConsentStatus.GIVEN) -> Consent:
    """Return her consent for this agency: None = all of what the rule asks for."""
    names = None if categories is None else tuple(categories)
    kind, until = ConsentKind.NAMED, NOW + timedelta(days=1)
    return Consent(uuid4(), kind, status, NOW, until, organization_id=AGENCY, categories=names)


def opened(
    service_type: str, grants: tuple[Grant, ...], account: Account, consent: Consent | None, status: Stage, part: Part
) -> Packet:
    referral = Referral(
        referral_id=UUID(int=1),
        case_id=UUID(int=2),
        organization_id=AGENCY,
        status=status,
        accepted=status == "accepted",
        ended_at=None,
        referral_code="K7M3-9QXD",
        service_type="CASE" if service_type == "JUS-SUNADEP" else service_type,  # whoever is no lawyer of hers
        receiving_type=service_type,
        purpose="Atención",
        urgency="urgent",
        due_at=NOW,
        respond_by=NOW,
        handling=("NO-NEW-NARRATIVE",),
        grants=grants,
    )
    consents = [] if consent is None else [consent]
    return packet_of(PacketMaterial(referral, account, consents, [], lawyer_heard=False), part, NOW)


def granted(service_type: str) -> Iterator[tuple[Grant, ...]]:
    """Yield what each rule brings this kind of service, by its own basis and by consent; then all categories."""
    for rule in PACK.rules:
        asked = {*rule.services, *(entry.service_type for entry in rule.fallbacks)}
        if service_type in asked and rule.categories:
            for basis in dict.fromkeys((str(rule.basis.value if rule.basis else "consent"), "consent")):
                yield (Grant(rule.id, basis, frozenset(rule.categories), is_open=True),)
    for basis in ("legal_duty", "consent"):
        yield (Grant("X", basis, frozenset(PACK.categories), is_open=True),)


@pytest.mark.parametrize("service_type", sorted(SERVICE_TYPES))
def test_forced_silent_and_refusing_look_alike_to_every_kind_of_service_at_both_stages(service_type: str) -> None:
    for grants in granted(service_type):
        (grant,) = grants
        by_consent = grant.basis == "consent"
        refusals: list[Consent | None] = [
            agreement(()),
            agreement(None, status=ConsentStatus.TO_CONFIRM),
            *(agreement(grant.categories - EXPLICIT_ONLY - {refused}) for refused in sorted(grant.categories)),
        ]
        for status, part in WAYS:

            def of(
                account: Account,
                consent: Consent | None,
                *,
                grants: tuple[Grant, ...] = grants,
                way: tuple[Stage, Part] = (status, part),
            ) -> Packet:
                return opened(service_type, grants, account, consent, *way)

            everything = of(EVERYTHING, agreement(None))
            forced = of(FORCED, agreement(None))
            assert shape(forced) == shape(of(NOTHING, agreement(None))) == shape(everything)
            assert "EL RESUMEN" not in forced.fields.values()
            for refusal in refusals:
                packet = of(EVERYTHING, refusal)
                assert shape(packet) == shape(everything)
                assert not by_consent or packet.fields.keys() <= everything.fields.keys()
            if by_consent:
                nothing = of(EVERYTHING, refusals[0])
                assert (nothing.fields, nothing.readable) == ({}, ("ROUTE",)), "a disclosure records what was read"


@given(
    service_type=st.sampled_from(sorted(SERVICE_TYPES)),
    brought=st.sets(st.sampled_from(sorted(PACK.categories))),
    agreed=st.sets(st.sampled_from(sorted(PACK.categories.keys() - EXPLICIT_ONLY))),
    told=st.sets(st.sampled_from(sorted(TOLD))),
    facts=st.sets(st.sampled_from(sorted(FACTS))),
    forced=st.booleans(),
    basis=st.sampled_from(["vital_interest", "legal_duty", "consent"]),
    way=st.sampled_from(WAYS),
)
def test_no_answer_of_hers_and_no_refusal_changes_the_shape(
    service_type: str,
    brought: set[str],
    agreed: set[str],
    told: set[str],
    facts: set[str],
    *,
    forced: bool,
    basis: str,
    way: tuple[Stage, Part],
) -> None:
    grants = (Grant("X", basis, frozenset(brought), is_open=True),)
    account = Account(
        {key: TOLD[key] for key in told},
        {key: FACTS[key] for key in facts} | ({"forced_to_offend": True} if forced else {}),
        PLACES,
    )
    hers = opened(service_type, grants, account, agreement(agreed), *way)
    assert shape(hers) == shape(opened(service_type, grants, NOTHING, None, *way))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_merged_consent_rules_open_what_they_have_in_common_unless_she_named_more(way: tuple[Stage, Part]) -> None:
    rules = {rule.id: frozenset(rule.categories) for rule in PACK.rules if rule.id in {"A2", "P10"}}
    grants = tuple(Grant(rule_id, "consent", categories, is_open=True) for rule_id, categories in rules.items())
    beyond = rules["A2"] - rules["P10"]
    assert beyond == {"NEEDS"}

    def of(categories: Collection[str] | None) -> Packet:
        return opened("PRO-UDAVIT", grants, EVERYTHING, agreement(categories), *way)

    unnamed, named, refusing = of(None), of(("ID", "NEEDS")), of(())
    assert shape(unnamed) == shape(named) == shape(refusing)
    assert "NEEDS" not in unnamed.readable
    assert refusing.readable == ("ROUTE",)
    if way[0] == "accepted":
        assert "NEEDS" in unnamed.categories
        assert "NEEDS" in named.readable


def test_of_a_closed_rule_there_is_no_shape() -> None:
    closed = (Grant("X", "legal_duty", frozenset({"ID", "CRIME"}), is_open=False),)
    packet = opened("JUS-FISTRAP", closed, EVERYTHING, agreement(None), "accepted", "file")
    assert shape(packet) == Shape(("ROUTE",), ("NO-NEW-NARRATIVE",), frozenset())
    assert packet.fields == {}
