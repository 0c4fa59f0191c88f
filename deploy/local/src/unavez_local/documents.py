"""The generated documents: AsyncAPI 3 and the event table, both read from the catalogue."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from unavez_shared.contracts.events import CATALOGUE, EventType
from unavez_shared.version import VERSION


def asyncapi() -> str:
    """Return the AsyncAPI 3.0 document of the internal bus."""
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Unavez: internal events",
            "version": VERSION,
            "license": {"name": "Apache-2.0"},
            "description": "CloudEvents 1.0, structured JSON, on the topic exchange unavez.events. `data` travels as a "
            "JWE (dir, A256GCM) that only the producer and the consumers of its family can open; the schemas here "
            "describe it once opened. What agencies receive is described in asyncapi-agencies.json.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {},
        "operations": {},
        "components": {"messages": {}, "schemas": {}},
    }
    for event in _sorted():
        _add(document, event)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def event_table() -> str:
    """Return docs/events.md."""
    rows = "\n".join(
        f"| `{event.name}` | {event.producer} | {', '.join(sorted(event.consumers))} | {event.family} "
        f"| {_signature(event)} | {_first_sentence(event)} |"
        for event in _sorted()
    )
    page = files("unavez_local").joinpath("events_page.md").read_text(encoding="utf-8")
    return page.replace("{rows}", rows)


def _sorted() -> list[EventType[Any]]:
    return sorted(CATALOGUE.values(), key=lambda event: event.name)


def _add(document: dict[str, Any], event: EventType[Any]) -> None:
    name = event.name
    schema = event.data.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"].update(schema.pop("$defs", {}))
    document["components"]["schemas"][event.data.__name__] = schema
    document["components"]["messages"][name] = {
        "name": event.type,
        "title": name,
        "summary": _first_sentence(event),
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": f"#/components/schemas/{event.data.__name__}"},
        "tags": [{"name": f"family:{event.family}"}, *([{"name": "signed"}] if event.signed else [])],
    }
    document["channels"][name] = {
        "address": name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }
    for action, services in (("send", [event.producer]), ("receive", sorted(event.consumers))):
        for service in services:
            document["operations"][f"{service}:{action}:{name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{name.replace('/', '~1')}"},
            }


def _signature(event: EventType[Any]) -> str:
    return "" if not event.signed else "signed, once unsigned" if event.once_unsigned else "signed"


def _first_sentence(event: EventType[Any]) -> str:
    return (event.data.__doc__ or "").strip().split("\n")[0]
