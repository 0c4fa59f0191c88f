from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from unavez_intake.domain.consents import Consent, ConsentKind, ConsentStatus, status_of
from unavez_shared.protocol.circumstances import twelve_months_after

NOW = datetime(2026, 11, 20, tzinfo=UTC)
AGENCY = UUID(int=7)


def _consent(kind: ConsentKind = ConsentKind.NAMED, **given: object) -> Consent:
    fields = {
        "consent_id": uuid4(),
        "kind": kind,
        "status": ConsentStatus.GIVEN,
        "given_at": NOW,
        "expires_at": twelve_months_after(NOW),
    }
    return Consent(**(fields | given))  # type: ignore[arg-type]


def test_a_year_later_is_the_same_day_and_february_29_becomes_28() -> None:
    assert twelve_months_after(NOW) == datetime(2027, 11, 20, tzinfo=UTC)
    assert twelve_months_after(datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2029, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accompanied", "in_private", "seen", "expected"),
    [
        (False, True, True, ConsentStatus.GIVEN),
        (False, None, False, ConsentStatus.UNSEEN),
        (True, True, True, ConsentStatus.TO_CONFIRM),
        (False, False, True, ConsentStatus.TO_CONFIRM),
    ],
)
def test_a_consent_is_worth_what_its_circumstances_are(
    accompanied: bool, in_private: bool | None, seen: bool, expected: ConsentStatus
) -> None:
    assert status_of(accompanied=accompanied, in_private=in_private, seen=seen) is expected


def test_a_consent_opens_nothing_after_its_end_or_while_it_waits_to_be_confirmed() -> None:
    assert _consent().is_active(NOW)
    assert not _consent().is_active(NOW + timedelta(days=365))
    assert not _consent(status=ConsentStatus.TO_CONFIRM).is_active(NOW)


def test_a_consent_for_one_organization_is_not_one_for_the_others_of_its_kind() -> None:
    for_one = _consent(service_type="PRO-CEM", organization_id=AGENCY)

    assert for_one.covers(frozenset({"ID"}), "PRO-CEM", AGENCY) == {"ID"}
    assert for_one.covers(frozenset({"ID"}), "PRO-CEM", uuid4()) == frozenset()


def test_categories_she_did_not_name_stay_closed() -> None:
    narrow = _consent(service_type="PRO-CEM", categories=("ID", "DEMO"))

    assert narrow.covers(frozenset({"ID", "HEALTH"}), "PRO-CEM", AGENCY) == {"ID"}


def test_the_whole_account_is_opened_by_name_and_to_justice_only() -> None:
    categories = ("ACCOUNT_FULL", "SOGIESC")
    for service, opened in (("JUS-FISTRAP", {"ACCOUNT_FULL", "SOGIESC"}), ("PRO-CEM", {"SOGIESC"})):
        assert _consent(service_type=service, categories=categories).explicit(service, AGENCY) == opened
    assert _consent(ConsentKind.ALL_PROPOSED).explicit("JUS-FISTRAP", AGENCY) == frozenset()
