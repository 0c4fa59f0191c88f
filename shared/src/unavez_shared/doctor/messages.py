"""Events between commit and effect: those that do not leave, and those that could not be applied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning
from unavez_shared.persistence.tables import outbox, parked

STUCK_SECONDS = 60
LEFT_BEHIND_SECONDS = 3600
NOT_HEARD_AFTER = timedelta(minutes=10)
"""As in the alert: hearers settle within a second what the broker has."""
_BAD = "bad_signature"


async def _outbox_moves(examination: Examination) -> Sequence[Finding]:
    findings = []
    for service in examination.target.packages:
        async with examination.database(service.database) as connection:
            unsent = outbox.c.sent_at.is_(None)
            oldest = await connection.scalar(select(outbox.c.message_id).where(unsent).order_by(outbox.c.id).limit(1))
            count = await connection.scalar(select(func.count()).select_from(outbox).where(unsent)) or 0
        if oldest is not None:
            age = _age(oldest, examination.target.machine_clock.now())
            code = await _why(examination, service, age)
            if code is not None:
                findings.append(found(code, service=service.value, count=count, oldest_seconds=age))
        elif examination.target.is_running and not await examination.somebody_relays(service):
            findings.append(found("nobody_relays", service=service.value, count=0))
        findings += await _not_heard(examination, service)
    return findings


async def _not_heard(examination: Examination, service: Service) -> Sequence[Finding]:
    """Return, for each hearer, what has left the service long ago and was not settled by it."""
    hearer = func.unnest(outbox.c.awaits).label("hearer")
    oldest = func.extract("epoch", func.now() - func.min(outbox.c.sent_at))
    query = (
        select(hearer, func.count(), oldest)
        .where(outbox.c.sent_at < func.now() - NOT_HEARD_AFTER)
        .group_by(hearer)
        .order_by(hearer)
    )
    async with examination.database(service.database) as connection:
        rows = (await connection.execute(query)).all()
    return [
        found("not_heard", service=service.value, hearer=hearer, count=count, oldest_seconds=round(seconds))
        for hearer, count, seconds in rows
    ]


async def _why(examination: Examination, service: Service, age: int) -> str | None:
    if await examination.somebody_relays(service):
        return "stuck" if age > STUCK_SECONDS else None
    if examination.target.is_running:
        return "nobody_relays"
    return "left_behind" if age > LEFT_BEHIND_SECONDS else "waits_for_start"


def _age(message_id: str, now: datetime) -> int:
    """Return seconds since the event was made: its id is a UUIDv7. One that is not is nobody's, and old."""
    try:
        event_id = UUID(message_id)
    except ValueError:
        event_id = UUID(int=0)
    made_at = datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC) if event_id.version == 7 else None  # noqa: PLR2004
    return max(0, round((now - made_at).total_seconds())) if made_at else LEFT_BEHIND_SECONDS + 1


async def _nothing_is_parked(examination: Examination) -> Sequence[Finding]:
    findings = []
    for service in examination.target.packages:
        waiting = func.count().filter(parked.c.next_attempt_at.is_(None))
        query = select(func.count(), waiting).where(parked.c.reason != _BAD)
        async with examination.database(service.database) as connection:
            count, for_operator = (await connection.execute(query)).one()
        if for_operator:
            findings.append(found("waits_for_operator", service=service.value, count=for_operator))
        if count > for_operator:
            findings.append(found("parked", service=service.value, count=count - for_operator))
    return findings


async def _everything_was_said_by_its_producer(examination: Examination) -> Sequence[Finding]:
    findings = []
    for service in examination.target.packages:
        query = select(func.count()).where(parked.c.reason == _BAD)
        async with examination.database(service.database) as connection:
            if count := await connection.scalar(query):
                findings.append(found("bad_signature", service=service.value, count=count))
    return findings


OUTBOX = Check(
    "outbox",
    "Los eventos salen de cada servicio y llegan a quien los atiende.",
    "Events leave each service and reach their hearers.",
    "stuck-outbox",
    _outbox_moves,
    {
        "stuck": failed(
            "Los eventos no salen aunque hay quien los envía. Vea el agente y el registro; no borre ninguna fila.",
            "Events do not leave although somebody relays. Look at broker and log; delete no row.",
        ),
        "nobody_relays": failed(
            "El servicio corre y nadie envía sus eventos. Arranque uno con UNAVEZ_PROCESS_ROLE `all` o `worker`.",
            "The service runs and nobody relays its events. Start one with UNAVEZ_PROCESS_ROLE `all` or `worker`.",
        ),
        "left_behind": failed(
            "Quedan eventos de hace más de una hora y el servicio no corre: hay quien espera ayuda. Arránquelo.",
            "Events older than an hour remain and the service does not run: somebody waits for help. Start it.",
        ),
        "not_heard": failed(
            "Un servicio (`hearer`) no atiende lo que se le avisó hace más de diez minutos. Arránquelo o vea qué lo"
            " detiene; no borre ninguna fila ni cola.",
            "A service (`hearer`) has not settled what it was told more than ten minutes ago. Start it, or see what"
            " holds it; delete no row and no queue.",
        ),
        "waits_for_start": warning(
            "Quedan eventos por enviar y el servicio no corre. Salen al arrancar.",
            "Events are left to send and the service does not run. They leave at its start.",
        ),
    },
    needs=("migrations",),
)
PARKED = Check(
    "parked",
    "Ningún mensaje está apartado.",
    "No message is parked.",
    "parked-messages",
    _nothing_is_parked,
    {
        "waits_for_operator": failed(
            "Mensajes apartados esperan a una persona. `unavez parked list`, luego `retry` o `discard`, en 14 días.",
            "Parked messages wait for a person. `unavez parked list`, then `retry` or `discard`, within 14 days.",
        ),
        "parked": failed(
            "Un mensaje no se pudo aplicar y se reintenta. Vea por qué con `unavez parked list` y el registro.",
            "A message could not be applied and is retried. See why with `unavez parked list` and the log.",
        ),
    },
    needs=("migrations",),
)
BAD_SIGNATURE = Check(
    "bad_signature",
    "Todo mensaje fue dicho por quien puede decirlo.",
    "Every message was said by whoever may say it.",
    "parked-messages",
    _everything_was_said_by_its_producer,
    {
        "bad_signature": failed(
            "ALARMA: mensajes que no abren o que no firmó su emisor. Trátelo como un ataque hasta saber que no lo es.",
            "ALARM: messages that do not open or that their producer did not sign. An attack until shown otherwise.",
        ),
    },
    needs=("migrations",),
)
