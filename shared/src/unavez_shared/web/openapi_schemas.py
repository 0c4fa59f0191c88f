"""What is done to the schemas of an OpenAPI document: descriptions, named lists, and no null that only means absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from unavez_shared.web.openapi_components import CODES, component
from unavez_shared.web.openapi_words import WORDS

PREFIX: Final = "#/components/schemas/"
Schema = dict[str, Any]


def finish(schemas: dict[str, Schema], called: list[dict[str, Any]], sent: list[dict[str, Any]]) -> None:
    """Finish the schemas and the parameters of the operations in place: of those `called`, and of webhooks `sent`."""
    operations = [*called, *sent]

    def nodes() -> Iterator[dict[str, Any]]:
        return _nodes([*schemas.values(), *operations])

    for node in nodes():
        _refer_elsewhere(node)
        _describe(node.get("properties", {}))
    for operation in operations:
        _describe_parameters(operation)
    for node in nodes():
        _name_list(node, schemas)
    asked = _reachable(_bodies(called, patch=False), schemas)
    shown = _reachable([sent, *(operation.get("responses", {}) for operation in called)], schemas)
    patched = _reachable(_bodies(called, patch=True), schemas)
    for name in asked - shown - patched:
        _drop_null(schemas[name])
    for operation in operations:
        _drop_null(operation.get("parameters", []))
    for node in nodes():
        _drop_empty_default(node)
        _shorten_null(node)
        _name_nullable(node, schemas)


def drop_unused(described: dict[str, Any]) -> None:
    """Leave out the components that nothing refers to."""
    components = described["components"]
    used = {node["$ref"] for node in _nodes(described) if isinstance(node.get("$ref"), str)}
    for group in ("headers", "responses", "schemas"):
        unused = [name for name in components[group] if f"#/components/{group}/{name}" not in used]
        for name in unused:
            del components[group][name]


def _nodes(owner: Any) -> Iterator[dict[str, Any]]:
    """Yield every object below, the deepest last."""
    if isinstance(owner, dict):
        yield owner
        for part in list(owner.values()):
            yield from _nodes(part)
    elif isinstance(owner, list):
        for part in owner:
            yield from _nodes(part)


def _describe(properties: dict[str, Any]) -> None:
    for name, part in properties.items():
        if not isinstance(part, dict):
            continue
        part.pop("title", None)
        if name in WORDS:
            part.setdefault("description", WORDS[name][0])
        if name in CODES:
            _refer(part, CODES[name])


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        _describe({parameter["name"]: schema})
        said = schema.pop("description", None)
        if said is not None:
            parameter.setdefault("description", said)


def _refer(part: Schema, name: str) -> None:
    """Say that plain strings are codes of a named list."""
    for node in (part, *part.get("anyOf", [])):
        if node.get("type") == "array":
            _refer(node["items"], name)
        elif node.get("type") == "string" and not {"enum", "format", "pattern"} & node.keys():
            node["x-component"] = name


def _name_list(node: Schema, schemas: dict[str, Schema]) -> None:
    name = node.pop("x-component", None)
    if not isinstance(name, str):
        return
    described = node.get("description")
    listed: Schema = {key: node[key] for key in ("type", "enum") if key in node}
    node.clear()
    node["$ref"] = f"{PREFIX}{name}"
    if described is not None:
        node["description"] = described
    if name not in schemas:
        schemas[name] = listed if "enum" in listed else component(name)
        for below in _nodes(schemas[name]):
            _name_list(below, schemas)


def _bodies(operations: list[dict[str, Any]], *, patch: bool) -> Iterator[Any]:
    for operation in operations:
        content = operation.get("requestBody", {}).get("content", {})
        yield [media for kind, media in content.items() if ("merge-patch" in kind) is patch]


def _reachable(owners: Iterable[Any], schemas: dict[str, Schema]) -> set[str]:
    found: set[str] = set()
    waiting = list(owners)
    while waiting:
        for node in _nodes(waiting.pop()):
            name = str(node.get("$ref", "")).removeprefix(PREFIX)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def _drop_null(owner: Any) -> None:
    """Leave out the null that the server takes for absent: who writes a request need not know of it."""
    for node in _nodes(owner):
        kinds = node.get("anyOf")
        if not isinstance(kinds, list) or {"type": "null"} not in kinds:
            continue
        kept = [kind for kind in kinds if kind != {"type": "null"}]
        if node.get("default", ...) is None:
            del node["default"]
        if len(kept) == 1:
            del node["anyOf"]
            for key, value in kept[0].items():
                node.setdefault(key, value)
        else:
            node["anyOf"] = kept


def _drop_empty_default(node: Schema) -> None:
    """Leave out a default that says nothing beyond absence: not every language can write a list as one."""
    if node.get("default") in ([], {}):
        del node["default"]


def _refer_elsewhere(node: Schema) -> None:
    """Refer to a schema in another file, and keep beside it what the model adds to it."""
    target = node.pop("x-ref", None)
    if not isinstance(target, str):
        return
    own = {key: node.pop(key) for key in ("type", "properties", "required") if key in node}
    if "properties" in own:
        node["allOf"] = [{"$ref": target}, own]
    else:
        node["$ref"] = target


def _name_nullable(node: Schema, schemas: dict[str, Schema]) -> None:
    """Refer to `<Name>OrNull` instead of to one of two: generators make one type of it, not a union with null."""
    kinds = node.get("anyOf")
    if not isinstance(kinds, list) or len(kinds) != 2 or {"type": "null"} not in kinds:  # noqa: PLR2004
        return
    (kind,) = (kind for kind in kinds if kind != {"type": "null"})
    name = kind["$ref"].removeprefix(PREFIX)
    nullable = f"{name}OrNull"
    if nullable not in schemas:
        plain = schemas[name]
        schemas[nullable] = {**plain, "title": nullable, "type": [plain["type"], "null"]}
        if "enum" in plain:
            schemas[nullable]["enum"] = [*plain["enum"], None]
    del node["anyOf"]
    node["$ref"] = f"{PREFIX}{nullable}"


def _shorten_null(node: Schema) -> None:
    """Write a nullable type as `type: [string, null]`."""
    kinds = node.get("anyOf")
    if not isinstance(kinds, list) or len(kinds) != 2 or {"type": "null"} not in kinds:  # noqa: PLR2004
        return
    (kind,) = (kind for kind in kinds if kind != {"type": "null"})
    if not isinstance(kind.get("type"), str):
        return
    del node["anyOf"]
    for key, value in kind.items():
        node.setdefault(key, value)
    node["type"] = [kind["type"], "null"]
    if "enum" in node:
        node["enum"] = [*node["enum"], None]
