"""How an event reaches subscriptions: one delivery for each that wants it, written by the statement that appends it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    FromClause,
    Insert,
    Select,
    Uuid,
    any_,
    bindparam,
    case,
    insert,
    literal,
    null,
    or_,
    select,
)

from unavez_notifier.adapters.tables import deliveries, feed_events, subscriptions
from unavez_notifier.domain.agency_events import NOTICES
from unavez_notifier.domain.subscriptions import Status
from unavez_shared.persistence.arrays import unnested

DELIVERY_COLUMNS = (
    "subscription_id", "position", "event_id", "subject", "urgency", "status", "attempts", "next_attempt_at",
)  # fmt: skip
"""What `delivery_rows` selects, in its order."""

_AT = bindparam("at", type_=DateTime(timezone=True))
_OVER = (Status.DISABLED.value, Status.ENDED.value)


def passes_filters(events: FromClause) -> ColumnElement[bool]:
    """Return the condition; a notice about a channel passes every filter: it is there to be noticed (SAFETY N19)."""
    wanted, event = subscriptions.c, events.c
    return or_(
        event.type.in_(NOTICES),
        or_(wanted.event_types.is_(None), event.type == any_(wanted.event_types))
        & or_(
            wanted.service_types.is_(None), event.service_type.is_(None), _in(event.service_type, wanted.service_types)
        )
        & or_(wanted.districts.is_(None), event.district.is_(None), _in(event.district, wanted.districts)),
    )


def _in(value: ColumnElement[Any], values: Column[Any]) -> ColumnElement[bool]:
    return value == any_(values)


def _receives_now(subject: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition; a paused subscription receives what is about itself (CLAIM)."""
    wanted = subscriptions.c
    itself = (subject == wanted.subscription_id) & wanted.verified_at.is_not(None)
    return (wanted.status == Status.ACTIVE.value) | ((wanted.status == Status.PAUSED.value) & itself)


def delivery_rows(events: FromClause) -> Select[Any]:
    """Select a row for each of these events and subscription of its feed: due `at`, or held (null)."""
    event, wanted = events.c, subscriptions.c
    return (
        select(
            wanted.subscription_id,
            event.position,
            event.event_id,
            event.subject,
            event.urgency,
            literal("pending"),
            literal(0),
            case((_receives_now(event.subject), _AT), else_=null()),
        )
        .select_from(events)
        .join(
            subscriptions,
            (wanted.organization_id == event.organization_id) & (wanted.audience == event.audience),
        )
        .where(wanted.status.not_in(_OVER), event.position > wanted.start_position)
    )


def _append() -> Insert:
    columns = [one for one in feed_events.c if one.name != "created_at"]
    new = unnested(columns)
    appended = (
        insert(feed_events)
        .from_select([*new.c.keys(), "created_at"], select(*new.c, _AT))
        .returning(*(one for one in columns if one.name != "body"))
        .cte("appended")
    )
    only = bindparam("only", type_=Uuid)
    wanted = or_(subscriptions.c.subscription_id == only, only.is_(None) & passes_filters(appended))
    return insert(deliveries).from_select(DELIVERY_COLUMNS, delivery_rows(appended).where(wanted))


APPEND = _append()
"""Store events (arrays, and `at`) and their deliveries; `only` = for this one subscription, whatever it filters.

The feeds must be locked by an EARLIER statement: this one sees the subscriptions there are when it begins."""
