"""Which gate each route has: read by the OpenAPI document and by the guard test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from unavez_shared.web.auth import Gate


@dataclass(frozen=True, slots=True)
class GatedRoute:
    """One path operation and the gates found on it."""

    method: str
    path: str
    gates: tuple[Gate, ...]
    in_schema: bool


def gated_routes(app: FastAPI) -> list[GatedRoute]:
    """Return every path operation of the app with its gates."""
    found: list[GatedRoute] = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = str(getattr(context, "path", None) or getattr(route, "path", ""))
        gates = tuple(_gates_of(route.dependant)) if isinstance(route, APIRoute) else ()
        in_schema = isinstance(route, APIRoute) and route.include_in_schema
        found.extend(
            GatedRoute(method, path, gates, in_schema) for method in sorted(getattr(route, "methods", None) or {"*"})
        )
    return found


def route_templates(app: FastAPI) -> list[str]:
    """Return the template of every route of the app, each once: what metrics may name."""
    return sorted({route.path for route in gated_routes(app)})


def ungated_routes(app: FastAPI) -> list[str]:
    """Return the operations that do not carry exactly one gate, and gates that let nobody in. Should be empty."""
    return [
        f"{route.method} {route.path}"
        for route in gated_routes(app)
        if len(route.gates) != 1 or (not route.gates[0].roles and not route.gates[0].reason)
    ]


def _gates_of(dependant: Dependant) -> Iterator[Gate]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Gate):
            yield dependency.call
        yield from _gates_of(dependency)
