"""The router's own checks for `unavez doctor`: its clocks, cases that wait for a coordinator, third-party reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from sqlalchemy import DateTime, bindparam, exists, func, or_, select, text

from unavez_referral_router.adapters.measures import LATE, WAITING
from unavez_referral_router.adapters.tables import cases, services
from unavez_shared.contracts.actor import NOBODY
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning
from unavez_shared.observability.probe import COUNTED_UP_TO

_FRONT_DOOR = "front_door_organization_id"
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


async def _third_parties_are_heard(examination: Examination) -> Sequence[Finding]:
    settings = examination.target.settings
    duty = settings.duty_organization
    is_receiver = [services.c.state[name].astext == str(duty) for name in ("organization_id", _FRONT_DOOR)]
    query = select(
        select(func.count()).where(cases.c.organization_id == NOBODY).scalar_subquery(),
        exists().where(services.c.state["active"].as_boolean(), or_(*is_receiver)),
    )
    async with examination.database(Service.REFERRAL_ROUTER.database) as connection:
        unread, receives = (await connection.execute(query)).one()
    if duty is None:
        return [] if settings.demo else [found("not_named", unread=unread)]
    if unread:
        return [found("unread", count=unread)]
    return [found("receives_referrals", organization_id=str(duty))] if receives else []


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

DUTY = Check(
    "duty_organization",
    "Alguien atiende los avisos de terceros.",
    "Somebody answers for the reports of third parties.",
    "duty-organization",
    _third_parties_are_heard,
    {
        "not_named": failed(
            "Nadie lee los avisos de terceros (`unread`): se guardan y esperan. Ponga UNAVEZ_DUTY_ORGANIZATION y"
            " reinicie entrevistas y derivaciones.",
            "Nobody reads the reports of third parties (`unread`): they are kept and wait. Set"
            " UNAVEZ_DUTY_ORGANIZATION and restart intake and the referral router.",
        ),
        "unread": failed(
            "Hay avisos de terceros que nadie lee. Reinicie las derivaciones: pasan a la organización de turno.",
            "There are reports of third parties nobody reads. Restart the referral router: the duty organization gets"
            " them.",
        ),
        "receives_referrals": warning(
            "La organización de turno también recibe derivaciones: quien coordina leería el plan de un caso que ella"
            " atiende. Nombre a una que no preste servicios.",
            "The duty organization receives referrals too: its coordinators would read the plan of a case it helps in."
            " Name one that runs no service.",
        ),
    },
    needs=("migrations",),
)

CHECKS: Final[tuple[Check, ...]] = (TIMERS, HELD_CASES, DUTY)
"""Joins the table of `unavez_shared.doctor.checks`."""
