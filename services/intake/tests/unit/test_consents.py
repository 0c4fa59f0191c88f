from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from unavez_intake.domain.consents import (
    Consent,
    ConsentKind,
    ConsentStatus,
    agreed_by,
    explicit,
    status_of,
)
from unavez_shared.protocol.agreement import Receiver
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


def _read(consents: list[Consent], receiver: Receiver, categories: set[str]) -> frozenset[str]:
    agreed = agreed_by(consents, receiver)
    return frozenset() if agreed is None else agreed.covers(categories)


def test_a_consent_for_one_organization_is_not_one_for_the_others_of_its_kind() -> None:
    for_one = [_consent(service_type="PRO-CEM", organization_id=AGENCY)]

    assert _read(for_one, Receiver("PRO-CEM", "PRO-CEM", AGENCY), {"ID"}) == {"ID"}
    assert _read(for_one, Receiver("PRO-CEM", "PRO-CEM", uuid4()), {"ID"}) == frozenset()


def test_a_consent_for_one_organization_and_service_is_not_one_for_its_other_services() -> None:
    for_psychology = [_consent(service_type="PSY-CSO", organization_id=AGENCY)]

    assert _read(for_psychology, Receiver("PSY-CSO", "PSY-CSO", AGENCY), {"ID"}) == {"ID"}
    assert _read(for_psychology, Receiver("JUS-SUNADEP", "PSY-CSO", AGENCY), {"ID"}) == frozenset()


@pytest.mark.parametrize(("named", "read"), [(("ID", "DEMO"), {"ID"}), ((), set())])
def test_categories_she_did_not_name_stay_closed(named: tuple[str, ...], read: set[str]) -> None:
    narrow = [_consent(service_type="PRO-CEM", categories=named)]
    to_all = _consent(ConsentKind.ALL_PROPOSED)

    for consents in (narrow, [*narrow, to_all]):
        assert _read(consents, Receiver("PRO-CEM", "PRO-CEM", AGENCY), {"ID", "HEALTH"}) == read
    assert _read([*narrow, to_all], Receiver("HLT-EMER", "HLT-EMER", AGENCY), {"HEALTH"}) == {"HEALTH"}


def test_the_whole_account_is_opened_by_name_and_to_justice_only() -> None:
    named = ("ACCOUNT_FULL", "SOGIESC")
    for service, opened in (("JUS-FISTRAP", {"ACCOUNT_FULL", "SOGIESC"}), ("PRO-CEM", {"SOGIESC"})):
        receiver = Receiver(service, service, AGENCY)
        agreed = agreed_by([_consent(service_type=service, categories=named)], receiver)
        assert agreed is not None
        assert explicit(agreed, receiver) == opened
    prosecutor = Receiver("JUS-FISTRAP", "JUS-FISTRAP", AGENCY)
    to_all = agreed_by([_consent(ConsentKind.ALL_PROPOSED)], prosecutor)
    assert to_all is not None
    assert explicit(to_all, prosecutor) == frozenset()
