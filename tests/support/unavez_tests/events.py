"""Synthetic events for tests that speak on the bus themselves, signed by whom they like."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.event_data import ReferralState
from unavez_shared.contracts.events import REFERRAL_OFFERED, EventType, families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys


def codec_of(sealing_dir: Path, service: Service, *, signer: Service | None = None) -> EventCodec:
    """Return the codec of a service; with `signer`, as if that one had got hold of its keys but signs for itself."""
    keyring = SealingKeyring.load(sealing_dir, families_of(service), SystemClock())
    own, pen = SigningKeys.load(sealing_dir, service), SigningKeys.load(sealing_dir, signer or service)
    return EventCodec(service, keyring, SigningKeys(pen.private, own._publics))


def offer(kind: EventType[Any] = REFERRAL_OFFERED) -> Event[Any]:
    """Return a fact of type `kind` about a referral nobody made."""
    now, referral_id = datetime.now(UTC), uuid4()
    data = ReferralState(
        referral_id=referral_id,
        referral_code="R-TEST",
        case_id=uuid4(),
        organization_id=uuid4(),
        team_organization_id=uuid4(),
        service_type="HLT-EMER",
        purpose="care",
        status="requested",
        version=1,
        urgency="stat",
        district="17",
        due_at=now,
        respond_by=now,
        offered_at=now,
        grants=[],
        organization_entered_at=now,
        demo=True,
    )
    return Event(uuid7(), kind, str(referral_id), now, 1, data)
