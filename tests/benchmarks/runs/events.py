"""Internal events as they stand on the bus: sealed by the true codec, of the true size."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from benchmarks.cases import VIGNETTES
from benchmarks.stage import Stage
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.events import CASE_REGISTERED, families_of
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.ids import uuid7
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.testing.messaging import case_state


def codec(stage: Stage, service: Service) -> EventCodec:
    """Return the codec of one service."""
    folder = stage.keys.sealing_dir
    return EventCodec(
        service, SealingKeyring.load(folder, families_of(service), SystemClock()), SigningKeys.load(folder, service)
    )


def case_registered(stage: Stage, speaker: EventCodec | None = None, subject: UUID | None = None) -> Message:
    """Return one `case.registered` of the first case."""
    vignette, case_id = VIGNETTES[0], subject or uuid4()
    data = case_state(case_id).model_copy(update={"facts": vignette["facts"], "places": vignette["places"]})
    event = Event(uuid7(), CASE_REGISTERED, str(case_id), datetime.now(UTC), 1, data)
    return (speaker or codec(stage, Service.INTAKE)).encode(event)
