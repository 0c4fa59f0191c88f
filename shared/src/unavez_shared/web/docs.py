"""`/docs` without anything from elsewhere: the OpenAPI document as readable tables."""

from __future__ import annotations

from html import escape
from typing import Any, Final

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h2{border-top:1px solid #ccc;padding-top:1rem;font-size:1.05rem}code{font-family:ui-monospace,monospace}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.25rem .5rem;"
    "text-align:left;vertical-align:top}th{background:#f3f3f3}summary{cursor:pointer}"
)


def render(described: dict[str, Any], openapi_url: str) -> str:
    """Return the page for an OpenAPI document."""
    operations = "".join(
        _operation(method, path, operation, described.get("components", {}))
        for path, methods in described.get("paths", {}).items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_schema(schema)}</details>'
        for name, schema in sorted(described.get("components", {}).get("schemas", {}).items())
    )
    title = escape(described["info"]["title"])
    return (
        '<!doctype html><html lang="es"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{title}</h1><p>{escape(described['info'].get('description', ''))}</p>"
        f'<p>Documento para máquinas / machine-readable: <a href="{escape(openapi_url)}">openapi.json</a></p>'
        f"{operations}<h2>Esquemas / Schemas</h2>{schemas}</body></html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any], components: dict[str, Any]) -> str:
    roles = ", ".join(operation.get("x-roles", [])) or "público / public"
    body = "".join(
        _type(media.get("schema", {})) for media in operation.get("requestBody", {}).get("content", {}).values()
    )
    rows = [("Roles", escape(roles))]
    if body:
        rows.append(("Cuerpo / Body", body))
    rows.extend(
        (f"{escape(part['in'])}: <code>{escape(part['name'])}</code>", _type(part.get("schema", {})))
        for part in operation.get("parameters", [])
    )
    for status, answer in operation.get("responses", {}).items():
        shared = answer.get("$ref", "").rpartition("/")[2]
        response = components["responses"][shared] if shared else answer
        shape = "".join(_type(media.get("schema", {})) for media in response.get("content", {}).values())
        rows.append((escape(status), f"{escape(response.get('description', ''))} {shape}"))
    return (
        f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}</p>"
        f"<p>{escape(operation.get('description', ''))}</p>{_table(rows)}"
    )


def _schema(schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        (f"<code>{escape(name)}</code>{' *' if name in required else ''}", _type(part))
        for name, part in schema.get("properties", {}).items()
    ]
    return f"<p>{escape(schema.get('description', ''))}</p>{_table(rows) if rows else _type(schema)}"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        name = escape(pointer.rpartition("/")[2])
        return f'<a href="{escape(file)}#{name}"><code>{name}</code></a>'
    for combination, between in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " + ")):
        if combination in schema:
            return between.join(_type(part) for part in schema[combination])
    if "properties" in schema:
        return " ".join(f"<code>{escape(name)}</code>" for name in schema["properties"])
    if "enum" in schema:
        return "<code>" + escape(" | ".join(map(str, schema["enum"]))) + "</code>"
    if "items" in schema:
        return f"list: {_type(schema.get('items', {}))}"
    kinds = schema.get("type") or "any"
    plain = kinds if isinstance(kinds, str) else " | ".join(kinds)
    return f"<code>{escape(str(schema.get('format') or plain))}</code>"


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{left}</th><td>{right}</td></tr>" for left, right in rows) + "</table>"
