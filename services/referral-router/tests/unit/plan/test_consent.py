"""What she agreed to, and how far it reaches for one row."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from unavez_referral_router.domain.plan.consent import Consent, Cover, cover_of, extras
from unavez_shared.protocol.agreement import Agreement
from unavez_tests.referral_parts import HELP, NOW

ONE, OTHER = uuid4(), uuid4()
SECOND = timedelta(seconds=1)


def named(*categories: str, service_type: str | None = HELP, organization_id: UUID | None = None) -> Consent:
    return Consent(service_type, organization_id, categories or None, None)


def cover(*consents: Consent, everyone: bool = False, candidates: tuple[UUID, ...] = (ONE,)) -> Cover:
    receivers = [(organization_id, HELP) for organization_id in candidates]
    return cover_of(consents, receivers=receivers, row_type=HELP, agreed_to_row=everyone)


@pytest.mark.parametrize(
    ("expires_at", "to_confirm", "active"),
    [
        (None, False, True),
        (NOW + SECOND, False, True),
        (NOW, False, False),
        (NOW - SECOND, False, False),
        (None, True, False),
    ],
)
def test_a_consent_counts_until_it_expires_and_once_it_was_confirmed_in_private(
    expires_at: datetime | None, to_confirm: bool, active: bool
) -> None:
    assert Consent(HELP, None, None, expires_at, to_confirm=to_confirm).active(NOW) is active


def test_without_any_consent_nobody_may_be_asked_and_with_all_of_it_anybody() -> None:
    assert not cover().given
    assert cover().of(ONE, HELP) is None
    assert cover(everyone=True).of(ONE, HELP) == Agreement()
    assert cover(everyone=True).widest == Agreement()


def test_what_she_named_for_a_receiver_is_not_widened_by_all_of_it() -> None:
    both = cover(named("CONTACT", organization_id=ONE), everyone=True, candidates=(ONE, OTHER))
    assert both.of(ONE, HELP) == Agreement(frozenset({"CONTACT"}), frozenset({"CONTACT"}))
    assert both.of(OTHER, HELP) == Agreement()


def test_a_consent_for_another_organization_brings_nobody() -> None:
    other = cover(named(organization_id=OTHER))
    assert not other.given
    assert other.of(ONE, HELP) is None


def test_of_a_row_nobody_could_take_the_plan_shows_what_she_agreed_to_for_its_service() -> None:
    assert cover(named("CONTACT"), candidates=()).given
    assert not cover(named("CONTACT", service_type="JUS-SUNADEP"), candidates=()).given


def test_what_is_in_no_rule_is_given_only_where_she_named_it() -> None:
    assert extras(Agreement()) == ()
    assert extras(Agreement(frozenset({"ETHNICITY", "CONTACT"}), frozenset({"ETHNICITY", "CONTACT"}))) == ("ETHNICITY",)
