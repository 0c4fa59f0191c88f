"""The OpenAPI 3.1 document of a service: gates as security, problems as answers, bodies read inside routes."""

from __future__ import annotations

import copy
import re
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from unavez_shared.web import openapi_answers, openapi_schemas, openapi_texts
from unavez_shared.web.auth import Gate, PublicGate, RecordGate
from unavez_shared.web.guard import gated_routes
from unavez_shared.web.openapi_examples import add_examples

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})

_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457. `errors` names where (JSON pointer) and what (stable code), never a value.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "Stable: urn:unavez:problem:<code>"},
        "title": {"type": "string", "description": "es-PE"},
        "title_en": {"type": "string", "description": "The same in English"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "es-PE. What a conflict means and what to do next"},
        "detail_en": {"type": "string", "description": "The same in English"},
        "errors": {
            "type": "array",
            "description": "Every fault of the input",
            "items": {
                "type": "object",
                "required": ["pointer", "code"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where: a JSON pointer into what was sent"},
                    "code": {"type": "string", "description": "What is wrong: a stable code"},
                    "allowed": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "The values of a closed list",
                    },
                    "vocabulary": {
                        "type": "string",
                        "description": "The route that has the values, when many",
                    },
                    "nearest": {
                        "type": "string",
                        "description": "A name of ours, two edits away at most: what an unknown one may have meant",
                    },
                },
            },
        },
    },
}


_READING: Final = re.compile(r"^(list|get)_")


def operation_id(route: APIRoute) -> str:
    """Return the name of the route's function; a read that takes its filters as a body is a `search_…`."""
    return _READING.sub("search_", route.name) if route.methods == {"POST"} else route.name


def webhook_id_of(route: APIRoute) -> str:
    """Return the name of what a receiver does: `referral.offered` is `on_referral_offered`."""
    return f"on_{route.path.strip('/').replace('.', '_')}"


def document(app: FastAPI) -> bytes:
    """Return the document of the app, byte for byte the same for the same code."""
    return serialise(app.openapi())


def serialise(described: dict[str, Any]) -> bytes:
    """Return the bytes of a document: sorted keys, two spaces, a final newline."""
    return orjson.dumps(described, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def build(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app's routes."""
    plain = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        servers=app.servers,
    )
    described: dict[str, Any] = copy.deepcopy(plain)
    described["info"] |= openapi_texts.info(app.description)
    components = described.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = copy.deepcopy(_PROBLEM)
    components["headers"] = copy.deepcopy(openapi_answers.HEADERS)
    components["responses"] = openapi_answers.problems()
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    gates = {(route.method.lower(), route.path): route.gates for route in gated_routes(app)}
    for path, methods in described.get("paths", {}).items():
        for method, operation in methods.items():
            if method in _METHODS:
                _finish(operation, path, gates.get((method, path), ()), schemas)
    operations = _operations(described.get("paths", {}))
    webhooks = _operations(described.get("webhooks", {}))
    for webhook in webhooks:
        webhook["security"] = []
    openapi_schemas.finish(schemas, operations, webhooks)
    for operation in [*operations, *webhooks]:
        add_examples(operation, schemas)
    openapi_schemas.drop_unused(described)
    described["tags"] = openapi_texts.tags([*operations, *webhooks])
    return described


def _operations(paths: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for methods in paths.values() for operation in methods.values()]


def _finish(operation: dict[str, Any], path: str, gates: tuple[Gate, ...], schemas: dict[str, Any]) -> None:
    _hoist(operation.pop("x-definitions", {}), schemas)
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media.get("schema", {})
        if "$ref" not in schema and "title" in schema:
            _hoist(schema.pop("$defs", {}), schemas)
            _hoist({schema["title"]: schema}, schemas)
            media["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}
    statuses = _statuses(operation, path) | _gated(operation, path, gates)
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    for status in sorted(statuses | {int(status) for status in responses if status >= "4" and status.isdecimal()}):
        openapi_answers.refer(responses, str(status))
    if path.startswith("/health/"):
        openapi_answers.refer(responses, "4XX")
    openapi_answers.refer(responses, "default")
    openapi_answers.add_request_id(responses)
    for response in responses.values():
        for media in response.get("content", {}).values():
            if all("$ref" in kind for kind in media.get("schema", {}).get("anyOf", [{}])):
                media["schema"] = {"oneOf": media["schema"]["anyOf"]}


def _statuses(operation: dict[str, Any], path: str) -> set[int]:
    """Return the problems that follow from what the operation takes."""
    statuses = set() if path == "/health/live" else {503}
    if "requestBody" in operation:
        statuses |= {413, 415, 422}
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        statuses.add(422)
    return statuses | ({404} if "{" in path else set())


def _gated(operation: dict[str, Any], path: str, gates: tuple[Gate, ...]) -> set[int]:
    """Say who is let in; return the problems that follow from it."""
    statuses: set[int] = set()
    for gate in gates:
        if isinstance(gate, PublicGate):
            operation["security"] = []
            statuses |= set() if path.startswith("/health/") else {429}
            continue
        operation["security"] = [{"bearer": []}]
        operation["x-roles"] = sorted(gate.roles)
        statuses |= {401, 403, 429}
        if isinstance(gate, RecordGate):
            statuses.add(404)
        if "requestBody" in operation:
            statuses.add(409)
    return statuses


def _hoist(definitions: dict[str, Any], schemas: dict[str, Any]) -> None:
    for name, schema in definitions.items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two different models are called {name}")
