"""RabbitMQ as its management API tells: arguments, bindings, alarms. Skipped, and said so, where it cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
from yarl import URL

from unavez_shared.doctor.broker import AGAIN_EN, AGAIN_ES
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, skipped, warning
from unavez_shared.messaging.broker_definitions import definitions

_UNAUTHORIZED = {401, 403}
_ALARMS = "health/checks/alarms"


async def _management_answers(examination: Examination) -> Sequence[Finding]:
    if examination.target.management_url is None:
        return [found("no_management_url")]
    try:
        answer = await examination.management(_ALARMS)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return [found("away", error=type(error).__name__)]
    if answer.status_code in _UNAUTHORIZED:
        return [found("refused", status_code=answer.status_code)]
    return [] if _is_answer(answer) else [found("away", status_code=answer.status_code)]


async def _topology_is_the_catalogues(examination: Examination) -> Sequence[Finding]:
    whole = definitions()
    vhost = quote(_vhost(examination.broker_url), safe="")
    queues = {each["name"]: each for each in await _list(examination, f"queues/{vhost}")}
    bindings = {_binding(each) for each in await _list(examination, f"bindings/{vhost}") if each["source"]}
    wanted = {_binding(each) for each in whole["bindings"]}
    ours = {each["name"] for each in whole["queues"]}
    findings = [
        found("arguments_differ", queue=each["name"])
        for each in whole["queues"]
        if each["name"] in queues and not _same_arguments(each["arguments"], queues[each["name"]])
    ]
    findings += [found("binding_missing", queue=each[1], key=each[2]) for each in sorted(wanted - bindings)]
    foreign = {each for each in bindings - wanted if each[1] in ours}
    return findings + [found("binding_foreign", queue=each[1]) for each in sorted(foreign)]


async def _no_alarm(examination: Examination) -> Sequence[Finding]:
    alarms = (await examination.management(_ALARMS)).json().get("alarms", [])
    # "memory" and "disk space", as the broker calls them
    in_alarm = {code: sum(each["resource"].startswith(code) for each in alarms) for code in ("memory", "disk")}
    return [found(code, nodes=count) for code, count in in_alarm.items() if count]


def _is_answer(answer: httpx.Response) -> bool:
    """Tell whether it is the alarm check's own answer: 200, or 503 with the alarms in effect."""
    return answer.is_success or (answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "alarms" in answer.text)


async def _list(examination: Examination, path: str) -> list[dict[str, Any]]:
    answer = await examination.management(path)
    answer.raise_for_status()
    found_there: list[dict[str, Any]] = answer.json()
    return found_there


def _vhost(url: str) -> str:
    return URL(url).path.removeprefix("/") or "/"


def _binding(each: dict[str, Any]) -> tuple[str, str, str]:
    return each["source"], each["destination"], each["routing_key"]


def _same_arguments(wanted: dict[str, Any], queue: dict[str, Any]) -> bool:
    return (
        bool(queue["durable"]) and wanted.items() <= {"x-queue-type": queue.get("type"), **queue["arguments"]}.items()
    )


MANAGEMENT = Check(
    "broker_management",
    "La API de administración de RabbitMQ contesta.",
    "RabbitMQ's management API answers.",
    "broker-topology",
    _management_answers,
    {
        "no_management_url": skipped(
            "Sin UNAVEZ_AMQP_MANAGEMENT_URL no se ven argumentos, enlaces ni alarmas. A mano: `rabbitmqctl`.",
            "Without UNAVEZ_AMQP_MANAGEMENT_URL arguments, bindings and alarms are not seen. By hand: `rabbitmqctl`.",
        ),
        "away": failed(
            "La API de administración no contesta. Repare UNAVEZ_AMQP_MANAGEMENT_URL o quítela.",
            "The management API does not answer. Repair UNAVEZ_AMQP_MANAGEMENT_URL or leave it out.",
        ),
        "refused": failed(
            "La API de administración rechaza al usuario: necesita la etiqueta `monitoring`.",
            "The management API refuses the user: it needs the tag `monitoring`.",
        ),
    },
    needs=("broker_reachable",),
)
TOPOLOGY = Check(
    "broker_topology",
    "Argumentos y enlaces de las colas son los del catálogo.",
    "Arguments and bindings of the queues are the catalogue's.",
    "broker-topology",
    _topology_is_the_catalogues,
    {
        "arguments_differ": failed(
            "Una cola tiene otros argumentos: puede perder o desordenar. Vacíela, detenga su servicio, bórrela.",
            "A queue has other arguments: it may lose or reorder. Let it run empty, stop its service, delete it.",
        ),
        "binding_missing": failed(
            f"Falta un enlace: esos eventos no salen. {AGAIN_ES}",
            f"A binding is missing: those events do not leave. {AGAIN_EN}",
        ),
        "binding_foreign": warning(
            "Una cola está enlazada a más de lo que su servicio conoce. Si no es de otra versión, quite el enlace.",
            "A queue is bound to more than its service knows. Unless another version made it, remove the binding.",
        ),
    },
    needs=("broker_management", "broker_queues"),
)
ALARMS = Check(
    "broker_alarms",
    "RabbitMQ no está en alarma.",
    "RabbitMQ is in no alarm.",
    "broker-topology",
    _no_alarm,
    {
        "memory": failed(
            "Alarma de memoria: RabbitMQ no acepta eventos. Libere memoria o suba el límite; nada se pierde.",
            "Memory alarm: RabbitMQ takes no events. Free memory or raise the limit; nothing is lost.",
        ),
        "disk": failed(
            "Alarma de disco: RabbitMQ no acepta eventos. Libere disco; nada se pierde.",
            "Disk alarm: RabbitMQ takes no events. Free disk; nothing is lost.",
        ),
    },
    needs=("broker_management",),
)
