"""What an OpenAPI document says about itself: who it is for, its groups of operations, where to ask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from unavez_shared.contracts.services import Service

DESCRIPTIONS: Final[dict[Service, str]] = {
    Service.INTAKE: "Registra el relato una sola vez y entrega a cada institución el paquete que le corresponde. / "
    "Registers the account once and hands each organization the packet that is open to it.",
    Service.DIRECTORY: "Qué instituciones y servicios existen, dónde atienden y con cuántos cupos (HSDS 3.1). / Which "
    "organizations and services exist, where they attend and with how many free places (HSDS 3.1).",
    Service.REFERRAL_ROUTER: "Qué necesita, por qué norma, a quién se le pide y qué respondió. / What she needs, by "
    "which law, which organization is asked and what it answered.",
    Service.NOTIFIER: "Los avisos de cada institución: una lista sin huecos y webhooks firmados. / Each organization's "
    "events: a feed without gaps and signed webhooks.",
}

_COMMON: Final = (
    "\n\nLas fechas son RFC 3339 en UTC; los errores son `application/problem+json` (RFC 9457) y nunca repiten un "
    "valor enviado. / Times are RFC 3339 in UTC; errors are `application/problem+json` (RFC 9457) and never repeat a "
    "value that was sent."
)

TAGS: Final[dict[str, str]] = {
    "HSDS": "Lecturas públicas en HSDS 3.1 / public reads in HSDS 3.1",
    "capacity": "Cupos que informa la institución / free places an organization reports",
    "directory": "Cargar y exportar el directorio / import and export of the directory",
    "events": "La lista de avisos de la institución / the organization's feed",
    "health": "Si el servicio responde / whether the service answers",
    "intakes": "Registrar y releer una entrevista / register an interview and read it back",
    "packets": "Lo que lee quien recibe una derivación / what the receiver of a referral reads",
    "plans": "Qué saldría, y su confirmación / what would leave, and its confirmation",
    "protocol": "Las reglas vigentes y su norma / the rules in force and their law",
    "reference": "Vocabularios y textos de consentimiento / vocabularies and consent texts",
    "referrals": "Derivaciones: listar, leer, responder / referrals: list, read, answer",
    "subscriptions": "Webhooks de la institución / the organization's webhooks",
    "webhooks": "Lo que recibe el punto de entrega de una suscripción / what the endpoint of a subscription receives",
    "work": "Tareas del equipo y necesidades sin atender / tasks of the team and unmet needs",
}
"""What a group of operations is about, by tag."""

_CONTACT: Final = {"name": "Quien opera esta instalación / whoever operates this installation"}
_LICENCE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}


def info(description: str) -> dict[str, Any]:
    """Return what `info` has besides title and version."""
    return {"description": description + _COMMON, "contact": _CONTACT, "license": _LICENCE}


def tags(operations: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the tags that the operations have, each with its description. KeyError for one without."""
    used = {tag for operation in operations for tag in operation.get("tags", [])}
    return [{"name": tag, "description": TAGS[tag]} for tag in sorted(used)]
