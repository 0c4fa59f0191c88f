"""The notifier's own checks for `unavez doctor`: do agencies hear what is meant for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select

from unavez_notifier.adapters.tables import deliveries, subscriptions
from unavez_notifier.channels.registry import NAMES
from unavez_notifier.domain.retries import GIVE_UP_AFTER
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning

FAILING_ATTEMPTS = 3
"""After about three minutes of retries it is no hiccup any more."""
_SHOWN = 20


async def _events_arrive(examination: Examination) -> Sequence[Finding]:
    # The last message to an endpoint whose subscription is over concerns nobody but its owner.
    is_pending = (deliveries.c.status == "pending") & (subscriptions.c.status == "active")
    recently = deliveries.c.settled_at > func.now() - GIVE_UP_AFTER
    query = (
        select(
            func.count().filter(is_pending, deliveries.c.attempts >= FAILING_ATTEMPTS),
            func.count().filter(is_pending, deliveries.c.attempts.between(1, FAILING_ATTEMPTS - 1)),
            func.count().filter(deliveries.c.status == "exhausted", recently),
        )
        .join(subscriptions, subscriptions.c.subscription_id == deliveries.c.subscription_id)
        .where(deliveries.c.status.in_(("pending", "exhausted")))
    )
    async with examination.database(Service.NOTIFIER.database) as connection:
        failing, retried, exhausted = (await connection.execute(query)).one()
    counts = {"exhausted": exhausted, "failing": failing, "retried": retried}
    return [found(code, count=count) for code, count in counts.items() if count]


async def _channels_are_on(examination: Examination) -> Sequence[Finding]:
    one = subscriptions.c
    is_off = one.status.in_(("disabled", "paused"))
    query = (
        select(one.subscription_id, one.status, one.disabled_reason, one.channel)
        .where(is_off | (one.channel.not_in(NAMES) & (one.status != "ended")))
        .order_by(one.disabled_at.desc().nulls_last())
        .limit(_SHOWN)
    )
    async with examination.database(Service.NOTIFIER.database) as connection:
        rows = (await connection.execute(query)).all()
    return [_off(row) for row in rows]


def _off(row: Any) -> Finding:
    subscription_id = str(row.subscription_id)
    if row.status == "disabled":
        return found("disabled", subscription_id=subscription_id, reason=row.disabled_reason or "")
    if row.channel not in NAMES:
        return found("not_offered", subscription_id=subscription_id)
    return found("paused", subscription_id=subscription_id)


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
            "El canal de una entidad terminó (`reason`). Llámela: ella crea otro y borra este.",
            "An agency's channel is over (`reason`). Call it: the agency makes a new one and deletes this one.",
        ),
        "not_offered": failed(
            "Una entidad tiene un canal que esta versión no ofrece: nada le llega por él. Llámela, o actualice.",
            "An agency has a channel this version does not offer: nothing arrives by it. Call it, or upgrade.",
        ),
        "paused": warning(
            "Una entidad pausó su canal: lo que se le ofrece se llama por teléfono hasta que lo reanude.",
            "An agency paused its channel: what it is offered is a call until it resumes.",
        ),
    },
    needs=("migrations",),
)

CHECKS: Final[tuple[Check, ...]] = (DELIVERIES, SUBSCRIPTIONS)
"""Joins the table of `unavez_shared.doctor.checks`."""
