"""Messages that wait: their handler failed, they did not open, or this version does not know them yet.

They live in the consumer's own database, so nothing circles through the broker and an operator can see, retry and
discard them. All SQL of the inbox and its parked messages is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Executable,
    Row,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from unavez_shared.contracts.event_data import State
from unavez_shared.contracts.events import CATALOGUE
from unavez_shared.messaging.bus import Message
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.persistence.tables import inbox, parked

BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, *[3600] * 7))
"""When a parked message is tried again; after the last one it waits for an operator."""
NEVER_AGAIN = len(BACKOFF) + 1
"""It waits for an operator."""
EARLY_ATTEMPTS = 2
"""What waits for another event is asked for again every five seconds, however long it has waited."""
KEPT = timedelta(days=30)

_KINDS = {event.name: event.data for event in CATALOGUE.values()}
_SAME_KIND = {data: [event.name for event in CATALOGUE.values() if event.data is data] for data in set(_KINDS.values())}


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """One parked message as an operator sees it: no body."""

    event_id: str
    routing_key: str
    subject: str
    reason: str
    attempts: int
    parked_at: datetime
    next_attempt_at: datetime | None
    """None = waits for an operator."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures; None when it is an operator's turn."""
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None


def foreign_id(body: bytes) -> str:
    """Return the key of a message whose own id cannot be believed, because it did not open."""
    return f"sha256:{sha256(body).hexdigest()}"


def _claim() -> Executable:
    new = select(func.unnest(bindparam("ids", type_=ARRAY(Uuid))), bindparam("at", type_=DateTime(timezone=True)))
    has_parked = exists().where(parked.c.subject == any_(bindparam("subjects", type_=ARRAY(Text))))
    return (
        insert(inbox)
        .from_select(["event_id", "received_at"], new)
        .on_conflict_do_nothing()
        .returning(inbox.c.event_id, has_parked.label("has_parked"))
    )


_CLAIM = _claim()
"""Built once: every batch of every service begins with it."""


async def claim(work: UnitOfWork, events: Sequence[Event[Any]], now: datetime) -> tuple[set[UUID], bool]:
    """Enter events into the inbox. Return the ids that are new here, and whether a subject has parked messages."""
    parameters = {
        "ids": [event.id for event in events],
        "at": now,
        "subjects": list({event.subject for event in events}),
    }
    rows = (await work.execute(_CLAIM, parameters)).all()
    return {row.event_id for row in rows}, any(row.has_parked for row in rows)


async def discard_superseded(work: UnitOfWork, applied: Sequence[Event[Any]]) -> Sequence[str]:
    """Discard parked messages whose subject has moved on: an applied event carries the newer state.

    One without a signature supersedes nothing: its sequence may be invented.
    """
    older = [
        and_(
            parked.c.subject == event.subject,
            parked.c.sequence < event.sequence,
            parked.c.routing_key.in_(_SAME_KIND[event.event_type.data]),
        )
        for event in applied
        if issubclass(event.event_type.data, State) and not event.unsigned
    ]
    if not older:
        return []
    gone = await work.execute(
        delete(parked).where(or_(*older), parked.c.reason != "bad_signature").returning(parked.c.event_id)
    )
    return list(gone.scalars())


async def make_later_due(work: UnitOfWork, applied: Sequence[Event[Any]], now: datetime) -> None:
    """What came too early and was parked may be due now: an event before it has been applied."""
    later = [and_(parked.c.subject == event.subject, parked.c.sequence > event.sequence) for event in applied]
    await work.execute(update(parked).where(or_(*later), parked.c.next_attempt_at > now).values(next_attempt_at=now))


async def park(work: UnitOfWork, message: Message, event: Event[Any], reason: str, now: datetime) -> None:
    """Park a message whose handler failed; it counts as received, so a redelivery changes nothing."""
    await work.execute(insert(inbox).on_conflict_do_nothing(), {"event_id": event.id, "received_at": now})
    await work.execute(
        insert(parked).on_conflict_do_nothing(),
        _row(message, str(event.id), now, reason)
        | {"subject": event.subject, "sequence": event.sequence}
        | {"attempts": 1, "next_attempt_at": next_attempt(1, now)},
    )


async def park_unopened(work: UnitOfWork, message: Message, reason: str, now: datetime, *, retried: bool) -> None:
    """Park a message that could not be read. It is NOT entered into the inbox: it may carry a stolen id."""
    await work.execute(
        insert(parked).on_conflict_do_nothing(),
        _row(message, foreign_id(message.body), now, reason)
        | {"attempts": 1, "next_attempt_at": next_attempt(1, now) if retried else None},
    )


def _row(message: Message, event_id: str, now: datetime, reason: str) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "routing_key": message.routing_key,
        "subject": "",
        "sequence": 0,
        "body": message.body,
        "reason": reason,
        "parked_at": now,
    }


async def lock_due(work: UnitOfWork, now: datetime) -> Row[Any] | None:
    """Lock the oldest parked message that is due, skipping those another replica holds."""
    statement = (
        select(parked)
        .where(parked.c.next_attempt_at <= now)
        .order_by(parked.c.next_attempt_at, parked.c.sequence)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await work.execute(statement)).first()


async def postpone(work: UnitOfWork, event_id: str, reason: str, attempts: int, now: datetime) -> None:
    """Note another failure."""
    await work.execute(
        update(parked)
        .where(parked.c.event_id == event_id)
        .values(reason=reason, attempts=attempts, next_attempt_at=next_attempt(attempts, now))
    )


async def remove(work: UnitOfWork, event_id: str) -> bool:
    """Remove one parked message; tell whether it was there."""
    gone = await work.execute(delete(parked).where(parked.c.event_id == event_id))
    return gone.rowcount > 0


async def make_due(work: UnitOfWork, event_id: str, now: datetime) -> bool:
    """Make one parked message due now, with all its attempts before it; tell whether it was there."""
    changed = await work.execute(
        update(parked).where(parked.c.event_id == event_id).values(attempts=0, next_attempt_at=now)
    )
    return changed.rowcount > 0


async def list_all(work: UnitOfWork, limit: int) -> list[ParkedMessage]:
    """Return the parked messages, oldest first."""
    columns = (
        parked.c.event_id,
        parked.c.routing_key,
        parked.c.subject,
        parked.c.reason,
        parked.c.attempts,
        parked.c.parked_at,
        parked.c.next_attempt_at,
    )
    rows = await work.execute(select(*columns).order_by(parked.c.parked_at, parked.c.event_id).limit(limit))
    return [ParkedMessage(**row) for row in rows.mappings()]


async def prune(work: UnitOfWork, now: datetime) -> int:
    """Forget inbox rows older than 30 days; return how many."""
    gone = await work.execute(delete(inbox).where(inbox.c.received_at < now - KEPT))
    return gone.rowcount
