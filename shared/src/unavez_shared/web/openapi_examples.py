"""An example for every body of an OpenAPI document, put together from its schema and the examples of its words."""

from __future__ import annotations

from typing import Any, Final

from unavez_shared.web.openapi_words import WORDS

_PREFIX: Final = "#/components/schemas/"
_FORMATS: Final = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T20:00:00Z",
    "uuid": "0193b6a2-0000-7000-8000-0000000000a1",
}
_PLAIN: Final[dict[str, Any]] = {
    "string": "texto",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "object": {},
    "array": [],
    "null": None,
}
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
_FACTS: Final = {"age": 29, "gender": "F", "incident": ["TRAF"], "danger": "possible", "needs_shelter": True}
_PLACES: Final = {"current": "150101", "exploitation": ["170102"]}
_ORGANIZATION: Final = WORDS["organization_id"][1]
_SERVICE: Final = WORDS["service_id"][1]
_TAXONOMY: Final = WORDS["taxonomy_id"][1]
_TERM: Final = WORDS["term_id"][1]
_WHOLE: Final[dict[str, dict[str, Any]]] = {
    "Facts": _FACTS,
    "Places": _PLACES,
    "IntakeBody": {
        "client_record_id": "app-1",
        "captured_at": "2026-11-20T15:04:00-05:00",
        "present": True,
        "facts": _FACTS,
        "places": _PLACES,
        "account": "Relato sintético.",
        "duty_notice": {"told_at": "2026-11-20T15:00:00-05:00", "language": "spa", "reaction": "agreed"},
        "consents": [
            {
                "service_type": "PRO-CEM",
                "given_by": "survivor",
                "mode": "signed",
                "language": "spa",
                "text_version": "pe-2026.1",
                "given_at": "2026-11-20T15:03:00-05:00",
                "in_private": True,
            }
        ],
        "confirmed_by": "CW-12",
    },
    "PreviewBody": {"facts": _FACTS, "places": _PLACES, "consent_all_proposed": True},
    "SubscriptionBody": {"channel": "webhook", "endpoint": "https://agency.example/unavez"},
    "SubscriptionPatch": {"paused": True},
    "hsds.json#/$defs/HsdsOrganization": {"id": _ORGANIZATION, "name": "Centro Ejemplo", "description": "Ficticio."},
    "hsds.json#/$defs/HsdsService": {"id": _SERVICE, "name": "CEM Ejemplo", "status": "active"},
    "hsds.json#/$defs/HsdsServiceAtLocation": {"id": _SERVICE, "service_id": _SERVICE},
    "hsds.json#/$defs/HsdsTaxonomy": {"id": _TAXONOMY, "name": "Unavez", "description": "Tipos de servicio."},
    "hsds.json#/$defs/HsdsTaxonomyTerm": {"id": _TERM, "code": "PRO-CEM", "name": "CEM", "description": "Ejemplo."},
}
"""Where the parts alone make no sense together."""


def add_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add an example to the JSON bodies the operation takes and gives, where none stands yet."""
    asked = _Maker(schemas, required_only=True)
    for media in operation.get("requestBody", {}).get("content", {}).values():
        asked.add(media)
    shown = _Maker(schemas, required_only=False)
    for response in operation.get("responses", {}).values():
        for kind, media in response.get("content", {}).items():
            if kind.endswith("json"):
                shown.add(media)


class _Maker:
    """Makes values that fit; of a request only what it must have."""

    def __init__(self, schemas: dict[str, Any], *, required_only: bool) -> None:
        self._schemas = schemas
        self._required_only = required_only

    def add(self, media: dict[str, Any]) -> None:
        """Add one example for each kind of body."""
        schema = media.get("schema")
        if not schema or "examples" in media:
            return
        kinds = {str(kind.get("$ref", "body")).removeprefix(_PREFIX): kind for kind in schema.get("oneOf", [schema])}
        media["examples"] = {name: {"value": self._value("", kind)} for name, kind in kinds.items()}

    def _value(self, name: str, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            target = schema["$ref"].removeprefix(_PREFIX)
            return _WHOLE[target] if target in _WHOLE else self._value(name, self._schemas[target])
        if "allOf" in schema:
            return {key: value for part in schema["allOf"] for key, value in self._value(name, part).items()}
        if "anyOf" in schema:
            return self._value(name, schema["anyOf"][0])
        if "properties" in schema:
            required = schema["properties"] if not self._required_only else schema.get("required", [])
            return {key: self._value(key, part) for key, part in schema["properties"].items() if key in required}
        word = WORDS.get(name, ("", None))[1]
        if isinstance(schema.get("items"), dict) and not (isinstance(word, list) and "$ref" not in schema["items"]):
            return [self._value(name, schema["items"])]
        return _plain(schema, word)


def _plain(schema: dict[str, Any], word: Any) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return word if word in schema["enum"] else schema["enum"][0]
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    given = schema.get("type", "object")
    kind = given if isinstance(given, str) else given[0]
    return word if isinstance(word, _TYPES.get(kind, ())) else _PLAIN[kind]
