"""The AsyncAPI 3 document of what agencies receive: read from the schemas the notifier publishes."""

from __future__ import annotations

import json
from typing import Any

from unavez_notifier.api.event_schemas import EXAMPLE_SOURCE, TO_AGENCIES, Published, example_of, schema_of

_MEDIA_TYPE = "application/cloudevents+json"

_ABOUT = (
    "What an agency receives by webhook and, the same bytes, in its feed (`GET /notifier/v1/events`, described in the "
    "notifier's OpenAPI document). Each message is a CloudEvent 1.0 in structured JSON, signed as Standard Webhooks "
    "says. Every attempt has the same `webhook-id`: what came twice is dropped by it. Answer 2xx within ten seconds; "
    "410 ends the subscription; anything else is tried again for three days. Ignore keys you do not know."
)

_NOBODY = {
    "name": "Quien opera esta instalación / whoever operates this installation (no address: this one is a placeholder)",
    "url": "https://placeholder.invalid",
    "email": "placeholder@placeholder.invalid",
}
"""AsyncAPI's linter demands all three; `.invalid` is reserved so that it can never be anybody's (RFC 2606)."""

_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {
            "type": "string",
            "format": "uuid",
            "description": "The event's `id`: the same on every attempt",
        },
        "webhook-timestamp": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Seconds since 1970, the true time of this attempt; refuse what is older than five minutes",
        },
        "webhook-signature": {
            "type": "string",
            "description": "Standard Webhooks: space-separated `v1,` + base64 of HMAC-SHA256 over id.timestamp.body; "
            "one of them has to fit (two during a rotation)",
        },
    },
}

_ENVELOPE: dict[str, Any] = {
    "type": "object",
    "required": [
        "specversion", "id", "source", "type", "subject", "time", "sequence", "datacontenttype", "dataschema", "data",
    ],
    "properties": {
        "specversion": {"type": "string", "const": "1.0", "description": "CloudEvents"},
        "id": {"type": "string", "format": "uuid", "description": "Random, and this receiver's own"},
        "source": {"type": "string", "format": "uri", "description": "The installation", "examples": [EXAMPLE_SOURCE]},
        "type": {"type": "string", "description": "What happened"},
        "subject": {"type": "string", "format": "uuid", "description": "The referral, or the subscription"},
        "time": {
            "type": "string",
            "format": "date-time",
            "description": "When it was composed, rounded down to five minutes",
        },
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{12,}$",
            "description": "Position in this receiver's feed, from 1 on without a gap, padded: it orders as text",
        },
        "datacontenttype": {"type": "string", "const": "application/json", "description": "Of `data`"},
        "dataschema": {"type": "string", "format": "uri", "description": "Where the JSON Schema of `data` is"},
    },
}  # fmt: skip


def agencies() -> str:
    """Return docs/asyncapi-agencies.json."""
    messages = {name: _message(name, event) for name, event in TO_AGENCIES.items()}
    document: dict[str, Any] = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Unavez: events for agencies",
            "version": "1.0.0",
            "description": _ABOUT,
            "contact": _NOBODY,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": "agencies", "description": "What an organization that is asked for help receives"}],
        },
        "defaultContentType": _MEDIA_TYPE,
        "servers": {
            "endpoint": {
                "host": "{endpoint}",
                "protocol": "https",
                "description": "The agency's own endpoint, as its subscription names it",
                "variables": {"endpoint": {"description": "Host of the endpoint", "default": "agency.example"}},
            }
        },
        "channels": {
            "webhook": {
                "address": None,
                "title": "The endpoint of a subscription",
                "description": "Verified once by OPTIONS (`WebHook-Request-Origin`, CloudEvents web hooks), then POST",
                "servers": [{"$ref": "#/servers/endpoint"}],
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receive": {
                "action": "receive",
                "channel": {"$ref": "#/channels/webhook"},
                "title": "Receive an event",
                "summary": "One event a request, each subject in order",
                "description": "Verify the signature over the bytes as they came, then answer 2xx",
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
                "messages": [{"$ref": f"#/channels/webhook/messages/{name}"} for name in messages],
            }
        },
        "components": {
            "messages": messages,
            "messageTraits": {
                "signed": {
                    "headers": _HEADERS,
                    "bindings": {"http": {"headers": _HEADERS, "bindingVersion": "0.3.0"}},
                }
            },
            "schemas": {"CloudEvent": _ENVELOPE, **{name: _schema(name) for name in TO_AGENCIES}},
        },
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _message(name: str, event: Published) -> dict[str, Any]:
    return {
        "name": event.kind,
        "title": name.removeprefix("pe.unavez.").removesuffix(".v1"),
        "summary": event.summary,
        "description": event.model.__doc__,
        "contentType": _MEDIA_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/signed"}],
        "payload": {
            "allOf": [{"$ref": "#/components/schemas/CloudEvent"}],
            "required": ["data"],
            "properties": {"type": {"const": event.kind}, "data": {"$ref": f"#/components/schemas/{name}"}},
        },
        "examples": [
            {"name": "demo", "summary": event.summary, "headers": _example_headers(), "payload": example_of(name)}
        ],
    }


def _schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schema_of(name))
    return {key: value for key, value in document.items() if not key.startswith("$")}


def _example_headers() -> dict[str, str]:
    return {
        "webhook-id": "0f0e4b44-7d10-4c3a-9a53-3f4f7b0a6a55",
        "webhook-timestamp": "1795204861",
        "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    }
