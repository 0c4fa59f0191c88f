"""`docs/openapi.json`: the four OpenAPI documents as one, with the paths as they are behind the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from unavez_shared.contracts.services import Service
from unavez_shared.version import VERSION
from unavez_shared.web import openapi, openapi_texts

_DESCRIPTION: Final = (
    "Los cuatro servicios en un documento: lo que usan las aplicaciones de primera línea y las instituciones. / The "
    "four services in one document: what frontline applications and organizations use."
)
_SERVERS: Final = [
    {
        "url": "https://{host}",
        "description": "Una instalación / an installation",
        "variables": {"host": {"default": "unavez.example", "description": "Su nombre / its host name"}},
    },
    {"url": "http://127.0.0.1:8000", "description": "Una demostración / a demo: `make up`"},
]
_HSDS: Final = "hsds.json#"
_HSDS_FROM_HERE: Final = "../services/directory/hsds.json#"


def merged(documents: Mapping[Service, dict[str, Any]]) -> bytes:
    """Return one document of all; ValueError where two services call different things by one name."""
    paths: dict[str, Any] = {}
    webhooks: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for service, document in documents.items():
        paths |= {(service.path + path).rstrip("/"): methods for path, methods in document["paths"].items()}
        webhooks |= document.get("webhooks", {})
        for group, named in document["components"].items():
            _add(components.setdefault(group, {}), named)
    operations = [operation for methods in (*paths.values(), *webhooks.values()) for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    if len(names) != len(set(names)):
        raise ValueError("two operations have one operationId")
    described = {
        "openapi": "3.1.0",
        "info": {"title": "Unavez", "version": VERSION, **openapi_texts.info(_DESCRIPTION)},
        "servers": _SERVERS,
        "tags": openapi_texts.tags(operations),
        "paths": paths,
        "webhooks": webhooks,
        "components": components,
    }
    return openapi.serialise(_from_here(described))


def _add(known: dict[str, Any], named: dict[str, Any]) -> None:
    for name, component in named.items():
        if known.setdefault(name, component) != component:
            raise ValueError(f"two different components are called {name}")


def _from_here(part: Any) -> Any:
    """Return the same with references to the file of HSDS as they are from `docs`."""
    if isinstance(part, dict):
        return {key: _from_here(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_from_here(value) for value in part]
    if isinstance(part, str) and part.startswith(_HSDS):
        return _HSDS_FROM_HERE + part.removeprefix(_HSDS)
    return part
