"""Whom a consent means: she needs SUNADEP or a prosecutor; a civil society house (PSY-CSO) may stand in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import pytest

from unavez_shared.protocol.agreement import Agreement, Receiver, agreement

ONE, OTHER = UUID(int=1), UUID(int=2)


@dataclass(frozen=True)
class Consent:
    service_type: str | None = None
    organization_id: UUID | None = None
    categories: Collection[str] | None = None


LAWYER = Receiver("JUS-SUNADEP", "JUS-SUNADEP", ONE)
STAND_IN = Receiver("JUS-SUNADEP", "PSY-CSO", ONE)


@pytest.mark.parametrize(
    ("consents", "lawyer", "stand_in"),
    [
        ([], False, False),
        ([Consent()], False, False),
        ([Consent("JUS-SUNADEP")], True, False),
        ([Consent("PSY-CSO")], False, False),
        ([Consent("PSY-CSO", ONE)], False, False),
        ([Consent(organization_id=ONE)], True, True),
        ([Consent(organization_id=OTHER)], False, False),
        ([Consent("JUS-SUNADEP", ONE)], True, True),
        ([Consent("JUS-SUNADEP", OTHER)], False, False),
        ([Consent("JUS-SUNADEP"), Consent("PSY-CSO")], True, True),
        ([Consent("JUS-SUNADEP"), Consent("PSY-CSO", ONE)], True, True),
        ([Consent("JUS-SUNADEP"), Consent("PSY-CSO", OTHER)], True, False),
        ([Consent("JUS-SUNADEP", OTHER), Consent("PSY-CSO")], False, False),
    ],
)
def test_every_field_must_match_and_a_stand_in_is_agreed_to_by_itself(
    consents: list[Consent], lawyer: bool, stand_in: bool
) -> None:
    assert [agreement(consents, receiver) is not None for receiver in (LAWYER, STAND_IN)] == [lawyer, stand_in]


def test_no_categories_are_not_all_categories() -> None:
    nothing = agreement([Consent("JUS-SUNADEP", categories=[])], LAWYER)
    whatever_the_rule_asks = agreement([Consent("JUS-SUNADEP")], LAWYER)
    assert nothing is not None
    assert whatever_the_rule_asks is not None
    assert nothing.covers({"ID", "CRIME"}) == frozenset()
    assert whatever_the_rule_asks.covers({"ID", "CRIME"}) == {"ID", "CRIME"}


def test_consents_for_one_receiver_add_up() -> None:
    named = [Consent("JUS-SUNADEP", categories=["ID"]), Consent(organization_id=ONE, categories=["SAFETY", "SOGIESC"])]
    assert agreement(named, LAWYER) == Agreement(
        frozenset({"ID", "SAFETY", "SOGIESC"}), frozenset({"ID", "SAFETY", "SOGIESC"})
    )
    assert agreement([*named, Consent("JUS-SUNADEP")], LAWYER) == Agreement(
        None, frozenset({"ID", "SAFETY", "SOGIESC"})
    )


@pytest.mark.parametrize(
    ("own", "kind", "read"),
    [
        (None, None, {"ID", "PSY_MIN"}),
        (None, ["PSY_MIN"], {"PSY_MIN"}),
        (["ID"], None, {"ID"}),
        (["ID"], ["PSY_MIN"], set()),
        (["ID", "PSY_MIN"], ["PSY_MIN"], {"PSY_MIN"}),
    ],
)
def test_a_stand_in_reads_what_both_consents_allow(
    own: list[str] | None, kind: list[str] | None, read: set[str]
) -> None:
    agreed = agreement([Consent("JUS-SUNADEP", categories=own), Consent("PSY-CSO", categories=kind)], STAND_IN)
    assert agreed is not None
    assert agreed.covers({"ID", "PSY_MIN"}) == read


def test_what_she_named_for_an_organization_bounds_it_as_a_stand_in() -> None:
    consents = [Consent("JUS-SUNADEP"), Consent(organization_id=ONE, categories=["PSY_MIN"])]
    assert agreement(consents, STAND_IN) == Agreement(frozenset({"PSY_MIN"}), frozenset({"PSY_MIN"}))
