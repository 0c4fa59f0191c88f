"""What a request model knows at each place of a body: our own names and values, safe to repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel


@cache
def known_names(model: type[BaseModel]) -> frozenset[str]:
    """Return every property name anywhere in the model's JSON Schema."""
    names: set[str] = set()
    pending: list[Any] = [_schema(model)]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                names.update(properties)
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return frozenset(names)


def names_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the properties an object at this path may have."""
    return sorted({name for node in _nodes_at(model, path) for name in node.get("properties", ())})


def values_at(model: type[BaseModel], path: Sequence[str | int]) -> tuple[str, ...]:
    """Return the closed list a text at this path is taken from; empty where there is none."""
    values = [value for node in _nodes_at(model, path) for value in (*node.get("enum", ()), node.get("const"))]
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str)))


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _nodes_at(model: type[BaseModel], path: Sequence[str | int]) -> list[dict[str, Any]]:
    definitions = _schema(model).get("$defs", {})
    nodes = _opened([_schema(model)], definitions)
    for part in path:
        nodes = _opened((_below(node, part) for node in nodes), definitions)
    return nodes


def _below(node: dict[str, Any], part: str | int) -> Any:
    if isinstance(part, int):
        return node.get("items")
    return node.get("properties", {}).get(part, node.get("additionalProperties"))


def _opened(nodes: Iterable[Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas themselves instead of references and alternatives."""
    found: list[dict[str, Any]] = []
    pending = list(nodes)
    while pending:
        node = pending.pop(0)
        if not isinstance(node, dict):
            continue
        if "$ref" in node:
            pending.append(definitions.get(node["$ref"].rpartition("/")[2]))
        pending += [one for kind in ("anyOf", "oneOf", "allOf") for one in node.get(kind, ())]
        found.append(node)
    return found
