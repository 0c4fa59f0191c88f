"""The router's own checks for `unavez doctor`: do its clocks act when an offer's time has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import DateTime, bindparam, text

from unavez_referral_router.adapters.measures import LATE
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found
from unavez_shared.observability.probe import COUNTED_UP_TO

LATE_SECONDS = 60
"""As in the alert: the clocks look once a second."""


async def _clocks_act(examination: Examination) -> Sequence[Finding]:
    now = bindparam("now", examination.target.machine_clock.now(), DateTime(timezone=True))
    async with examination.database(Service.REFERRAL_ROUTER.database) as connection:
        late = (await connection.execute(text(LATE).bindparams(now), {"limit": COUNTED_UP_TO})).one()
    clocks = {
        "calls_late": (late.calls, late.call_seconds),
        "answers_late": (late.answers, late.answer_seconds),
    }
    return [
        found(code, count=count, oldest_seconds=round(seconds))
        for code, (count, seconds) in clocks.items()
        if count and seconds > LATE_SECONDS
    ]


TIMERS = Check(
    "timers",
    "Los plazos de las derivaciones se atienden a tiempo.",
    "The clocks of the referrals act in time.",
    "late-offers",
    _clocks_act,
    {
        "calls_late": failed(
            "Una oferta vital sin respuesta no se volvió llamada. Llame ya por teléfono; luego vea por qué nadie la"
            " atiende (¿corre un `all` o `worker` de las derivaciones?).",
            "A vital offer without an answer did not become a call. Telephone now; then see why nothing acted on it"
            " (does an `all` or `worker` of the referral router run?).",
        ),
        "answers_late": failed(
            "Venció el plazo de una oferta y no pasó a la siguiente entidad. Llame por teléfono; luego vea por qué"
            " nadie la atiende (¿corre un `all` o `worker` de las derivaciones?).",
            "An offer's time ran out and it did not go to the next candidate. Telephone; then see why nothing acted on"
            " it (does an `all` or `worker` of the referral router run?).",
        ),
    },
    needs=("migrations",),
)

CHECKS: Final[tuple[Check, ...]] = (TIMERS,)
"""Joins the table of `unavez_shared.doctor.checks`."""
