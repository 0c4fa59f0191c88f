"""Synthetic keys and events; nobody in them exists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from unavez_shared.contracts.event_data import DeliveryExhausted, Grant, ReferralState
from unavez_shared.contracts.events import DELIVERY_EXHAUSTED, REFERRAL_OFFERED, families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import random_id, uuid7
from unavez_shared.privacy.sealing import SealingKeyring, create_key_material
from unavez_shared.privacy.signing import SigningKeys

NOW = datetime(2026, 11, 20, 20, 4, 5, 123456, tzinfo=UTC)


class SetClock:
    """A clock that stands where the test puts it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment

    def pass_days(self, days: int) -> None:
        self.moment += timedelta(days=days)


CodecOf = Callable[[Service], EventCodec]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    create_key_material(tmp_path / "keys", day=date(2026, 11, 20))
    return tmp_path / "keys"


@pytest.fixture
def codec(keys: Path, clock: SetClock) -> CodecOf:
    def of(service: Service) -> EventCodec:
        keyring = SealingKeyring.load(keys, families_of(service), clock)
        return EventCodec(service, keyring, SigningKeys.load(keys, service))

    return of


@pytest.fixture
def offered() -> Event[ReferralState]:
    return offer()


@pytest.fixture
def exhausted() -> Event[DeliveryExhausted]:
    return Event(
        id=uuid7(),
        event_type=DELIVERY_EXHAUSTED,
        subject=str(random_id()),
        time=NOW,
        sequence=7,
        data=DeliveryExhausted(organization_id=random_id(), referral_id=random_id(), reason="unread"),
        traceparent="00-" + "ab" * 16 + "-" + "cd" * 8 + "-01",
    )


def offer(subject: UUID | None = None, *, categories: int = 3) -> Event[ReferralState]:
    """Return a synthetic `referral.offered`; `categories` sizes its data."""
    referral_id = subject or random_id()
    data = ReferralState(
        referral_id=referral_id,
        referral_code="K7M3-9QXD",
        case_id=random_id(),
        organization_id=random_id(),
        team_organization_id=random_id(),
        service_type="SHL-HRT",
        purpose="PLACE",
        status="requested",
        version=1,
        urgency="urgent",
        district="17",
        due_at=NOW,
        respond_by=NOW,
        offered_at=NOW,
        grants=[
            Grant(
                rule_id="R-01", basis="consent", categories=[f"CATEGORY-{n:04}" for n in range(categories)], open=True
            )
        ],
        organization_entered_at=NOW,
        demo=True,
    )
    return Event(uuid7(), REFERRAL_OFFERED, str(referral_id), NOW, 1, data)
