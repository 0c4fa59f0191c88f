"""The router's own checks for `unavez doctor`: do its clocks act, and which cases wait for a coordinator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from sqlalchemy import DateTime, bindparam, text

from unavez_referral_router.adapters.measures import LATE, WAITING
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning
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


async def _nobody_waits_for_a_coordinator(examination: Examination) -> Sequence[Finding]:
    now = bindparam("now", examination.target.machine_clock.now(), DateTime(timezone=True))
    async with examination.database(Service.REFERRAL_ROUTER.database) as connection:
        waiting = (await connection.execute(text(WAITING).bindparams(now), {"limit": COUNTED_UP_TO})).one()
    if not waiting.cases:
        return []
    since = waiting.since.astimezone(UTC).isoformat(timespec="seconds")
    return [found("coordinator_needed", count=waiting.cases, since=since)]


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

HELD_CASES = Check(
    "held_cases",
    "Ningún caso espera a una coordinadora por exceso de casos nuevos.",
    "No case waits for a coordinator because too many new ones came.",
    "held-cases",
    _nobody_waits_for_a_coordinator,
    {
        "coordinator_needed": warning(
            "Llegaron más casos nuevos de lo habitual: desde `since` no sale nada de `count` hasta que una coordinadora"
            " los confirme. Avísele ya: puede haber gente esperando, o alguien inventa casos.",
            "More new cases came than usual: of `count` nothing leaves, since `since`, before a coordinator confirms"
            " them. Tell her now: people may be waiting, or somebody invents cases.",
        ),
    },
    needs=("migrations",),
)

CHECKS: Final[tuple[Check, ...]] = (TIMERS, HELD_CASES)
"""Joins the table of `unavez_shared.doctor.checks`."""
