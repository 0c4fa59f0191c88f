"""RabbitMQ as AMQP's passive declarations tell: what exists, how many consume it, how many messages are ready.

Arguments, bindings and alarms they do not tell, and to ask in any other way would create what is missing: those are in
`broker_management`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiormq.abc import AbstractChannel
from aiormq.exceptions import AuthenticationError, ChannelNotFoundEntity, ConnectionClosed, ProbableAuthenticationError

from unavez_shared.contracts.events import consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, skipped, warning
from unavez_shared.messaging.broker_definitions import definitions
from unavez_shared.messaging.topology import parking_name, queue_name

OLDEST_VERSION, NEWEST_MAJOR = (3, 10), 4


async def _reach(examination: Examination) -> Sequence[Finding]:
    if not examination.broker_url:
        return [found("no_amqp_url")]
    try:
        await examination.broker()
    except (AuthenticationError, ProbableAuthenticationError, ConnectionClosed) as error:
        return [found("refused", error=type(error).__name__)]
    except (OSError, TimeoutError) as error:
        return [found("away", error=type(error).__name__)]
    return []


async def _is_supported(examination: Examination) -> Sequence[Finding]:
    said = (await examination.broker()).server_properties.get("version", b"")
    text = said.decode() if isinstance(said, bytes) else str(said)
    version = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if version < OLDEST_VERSION:
        return [found("too_old", version=text)]
    return [found("not_tried", version=text)] if version[0] > NEWEST_MAJOR else []


async def _everything_exists(examination: Examination) -> Sequence[Finding]:
    exchanges, queues = ([each["name"] for each in definitions()[kind]] for kind in ("exchanges", "queues"))
    missing = [name for name in exchanges if not await _exchange_exists(examination, name)]
    gone = [name for name in queues if await _queue(examination, name) is None]
    return [found("exchange_missing", exchange=name) for name in missing] + [
        found("queue_missing", queue=name) for name in gone
    ]


async def _somebody_consumes(examination: Examination) -> Sequence[Finding]:
    at_work = [each for each in _consumers(examination) if await examination.is_at_work(each)]
    if not at_work:
        return [found("nothing_runs")]
    declared = {service: await _queue(examination, queue_name(service)) for service in at_work}
    return [
        found("nobody_consumes", service=service.value, ready=queue.message_count or 0)
        for service, queue in declared.items()
        if queue is not None and not queue.consumer_count
    ]


async def _parking_is_empty(examination: Examination) -> Sequence[Finding]:
    declared = {service: await _queue(examination, parking_name(service)) for service in _consumers(examination)}
    return [
        found("dead_letters", service=service.value, count=queue.message_count)
        for service, queue in declared.items()
        if queue is not None and queue.message_count
    ]


def _consumers(examination: Examination) -> list[Service]:
    return [service for service in examination.target.packages if consumed_by(service)]


async def _exchange_exists(examination: Examination, name: str) -> bool:
    return await _passively(examination, lambda channel: channel.exchange_declare(name, passive=True)) is not None


async def _queue(examination: Examination, name: str) -> Any:
    return await _passively(examination, lambda channel: channel.queue_declare(name, passive=True))


async def _passively(examination: Examination, ask: Callable[[AbstractChannel], Awaitable[Any]]) -> Any:
    """Return what the broker declares, or None when it has no such thing; a refusal closes the channel it came on."""
    channel = await (await examination.broker()).channel(publisher_confirms=False)
    try:
        return await ask(channel)
    except ChannelNotFoundEntity:
        return None
    finally:
        if not channel.is_closed:
            await channel.close()


AGAIN_ES = "Arranque su servicio: lo declara y enlaza de nuevo."
AGAIN_EN = "Start its service: it declares and binds again."

REACHABLE = Check(
    "broker_reachable",
    "RabbitMQ contesta.",
    "RabbitMQ answers.",
    "broker-topology",
    _reach,
    {
        "no_amqp_url": skipped(
            "Sin `--amqp-url` ni UNAVEZ_AMQP_URL no se mira RabbitMQ; en un solo proceso no hace falta.",
            "Without `--amqp-url` or UNAVEZ_AMQP_URL RabbitMQ is not looked at; one process needs none.",
        ),
        "away": failed(
            "RabbitMQ no contesta. Arránquelo o repare UNAVEZ_AMQP_URL; los eventos esperan en cada base de datos.",
            "RabbitMQ does not answer. Start it or repair UNAVEZ_AMQP_URL; events wait in each database.",
        ),
        "refused": failed(
            "RabbitMQ rechaza usuario, contraseña o vhost. ¿Son de la misma instalación que sus definiciones?",
            "RabbitMQ refuses user, password or vhost. Are they of the same installation as its definitions?",
        ),
    },
)
VERSION = Check(
    "broker_version",
    "La versión de RabbitMQ es una conocida.",
    "RabbitMQ's version is a known one.",
    "broker-topology",
    _is_supported,
    {
        "too_old": failed("RabbitMQ es más antiguo que 3.10. Actualícelo.", "RabbitMQ is older than 3.10. Upgrade it."),
        "not_tried": warning(
            "RabbitMQ es más nuevo que 4: no se ha probado.", "RabbitMQ is newer than 4: not tried yet."
        ),
    },
    needs=("broker_reachable",),
)
EXISTS = Check(
    "broker_queues",
    "Existen los intercambios y las colas del catálogo.",
    "The catalogue's exchanges and queues exist.",
    "broker-topology",
    _everything_exists,
    {
        "exchange_missing": failed(f"Falta un intercambio. {AGAIN_ES}", f"An exchange is missing. {AGAIN_EN}"),
        "queue_missing": failed(
            f"Falta una cola. {AGAIN_ES} Lo que le esperaba se dice otra vez en 15 s; averigüe quién la borró.",
            f"A queue is missing. {AGAIN_EN} What waited in it is said again within 15 s; find out who deleted it.",
        ),
    },
    needs=("broker_reachable",),
)
CONSUMERS = Check(
    "broker_consumers",
    "Cada servicio que corre atiende su cola.",
    "Each running service consumes its queue.",
    "broker-topology",
    _somebody_consumes,
    {
        "nothing_runs": skipped(
            "Ningún servicio corre: nadie tiene que atender las colas.",
            "No service runs: nobody has to consume.",
        ),
        "nobody_consumes": failed(
            "El servicio corre y nadie atiende su cola. Espere 10 s y repita; luego reinicie un `all` o `worker`.",
            "The service runs and nobody consumes its queue. Wait 10 s, repeat; then restart an `all` or `worker`.",
        ),
    },
    needs=("broker_queues", "migrations"),
)
DEAD_LETTERS = Check(
    "dead_letters",
    "Las colas de lo que no era un evento están vacías.",
    "The queues of what was no event are empty.",
    "parked-messages",
    _parking_is_empty,
    {
        "dead_letters": failed(
            "Alguien envió lo que no es un evento, nada nuestro. Averigüe quién, rote las contraseñas y vacíe la cola.",
            "Somebody sent what is no event, nothing of ours. Find out who, rotate the passwords, empty the queue.",
        ),
    },
    needs=("broker_queues",),
)
