"""The notifier's own checks for `unavez doctor`: do agencies hear what is meant for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from unavez_notifier.adapters.tables import deliveries, subscriptions
from unavez_notifier.domain.retries import GIVE_UP_AFTER
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning

FAILING_ATTEMPTS = 3
"""After about three minutes of retries it is no hiccup any more."""
_SHOWN = 20


async def _events_arrive(examination: Examination) -> Sequence[Finding]:
    is_pending = deliveries.c.status == "pending"
    recently = deliveries.c.settled_at > func.now() - GIVE_UP_AFTER
    query = select(
        func.count().filter(is_pending, deliveries.c.attempts >= FAILING_ATTEMPTS),
        func.count().filter(is_pending, deliveries.c.attempts.between(1, FAILING_ATTEMPTS - 1)),
        func.count().filter(deliveries.c.status == "exhausted", recently),
    ).where(deliveries.c.status.in_(("pending", "exhausted")))
    async with examination.database(Service.NOTIFIER.database) as connection:
        failing, retried, exhausted = (await connection.execute(query)).one()
    counts = {"exhausted": exhausted, "failing": failing, "retried": retried}
    return [found(code, count=count) for code, count in counts.items() if count]


async def _channels_are_on(examination: Examination) -> Sequence[Finding]:
    query = (
        select(subscriptions.c.subscription_id, subscriptions.c.disabled_reason)
        .where(subscriptions.c.status == "disabled")
        .order_by(subscriptions.c.disabled_at.desc())
        .limit(_SHOWN)
    )
    async with examination.database(Service.NOTIFIER.database) as connection:
        rows = (await connection.execute(query)).all()
    return [found("disabled", subscription_id=str(row[0]), reason=row[1] or "") for row in rows]


DELIVERIES = Check(
    "deliveries",
    "Los avisos llegan a las entidades.",
    "Events reach the agencies.",
    "failing-deliveries",
    _events_arrive,
    {
        "exhausted": failed(
            "Avisos que no llegaron en tres días: nadie más los envía. Llame a la entidad; están en su bandeja.",
            "Events did not arrive in three days and are given up. Call the agency; they stand in its feed.",
        ),
        "failing": failed(
            "Una entidad no recibe sus avisos y se reintenta. Llámela: su dirección falla.",
            "An agency does not get its events; they are retried. Call it: its endpoint fails.",
        ),
        "retried": warning("Algún aviso se está reintentando.", "Some events are being retried."),
    },
    needs=("migrations",),
)
SUBSCRIPTIONS = Check(
    "subscriptions",
    "Ningún canal de una entidad está apagado.",
    "No agency's channel is switched off.",
    "failing-deliveries",
    _channels_are_on,
    {
        "disabled": failed(
            "El canal de una entidad está apagado (`reason`). Llámela: ella lo enciende o lo borra.",
            "An agency's channel is switched off (`reason`). Call it: the agency turns it on or deletes it.",
        ),
    },
    needs=("migrations",),
)

CHECKS: Final[tuple[Check, ...]] = (DELIVERIES, SUBSCRIPTIONS)
"""Joins the table of `unavez_shared.doctor.checks`."""
