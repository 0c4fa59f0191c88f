"""SQL of reach: for each offer, whether a working channel of its organization lets it through."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, Select, Text, Uuid, bindparam, func, select

from unavez_notifier.adapters.fan_out import passes_filters
from unavez_notifier.adapters.sql import TIME
from unavez_notifier.adapters.tables import feeds, subscriptions
from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.subscriptions import Status
from unavez_shared.persistence.arrays import unnested

_COLUMNS: tuple[Column[Any], ...] = (
    Column("place", Integer),
    Column("organization_id", Uuid),
    Column("type", Text),
    Column("service_type", Text),
    Column("district", Text),
)
_AGENCY = Audience.AGENCY.value


def _reach() -> Select[Any]:
    asked = unnested(_COLUMNS, name="asked")
    channel = subscriptions.c
    failing_before = bindparam("failing_before", type_=TIME)
    active = channel.status == Status.ACTIVE.value
    works = active & func.coalesce(channel.failing_since > failing_before, True)
    wants = passes_filters(asked)
    stopped = channel.status.in_((Status.PAUSED.value, Status.DISABLED.value)) | (active & ~wants)

    return (
        select(
            asked.c.organization_id,
            feeds.c.last_read_at,
            func.coalesce(func.bool_or(works & wants), False).label("healthy"),
            func.coalesce(func.bool_or(active & (channel.failing_since <= failing_before)), False).label("failing"),
            func.coalesce(func.bool_or(stopped), False).label("stopped"),
        )
        .select_from(asked)
        .outerjoin(feeds, (feeds.c.organization_id == asked.c.organization_id) & (feeds.c.audience == _AGENCY))
        .outerjoin(subscriptions, (channel.organization_id == asked.c.organization_id) & (channel.audience == _AGENCY))
        .group_by(asked.c.place, asked.c.organization_id, feeds.c.last_read_at)
        .order_by(asked.c.place)
    )


REACH = _reach()
"""One row for each offer (arrays, and `failing_before`), in their order; the filters are those deliveries pass."""
