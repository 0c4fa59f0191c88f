"""The answers of an OpenAPI document: each problem with its headers and an example, made by the code that answers."""

from __future__ import annotations

from typing import Any, Final

import orjson

from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import (
    ConflictError,
    Fault,
    GoneError,
    InvalidInputError,
    NotYoursError,
    UnavezError,
    WrongRoleError,
)
from unavez_shared.web.errors import (
    BodyTooLargeError,
    RateLimitedError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaError,
)
from unavez_shared.web.problems import MEDIA_TYPE, TITLES, problem_of

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {"description": "The version that was read", "schema": {"type": "string"}, "example": '"1"'},
    "Location": {
        "description": "Where it can be read from now on",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/notifier/v1/subscriptions/0193b6a2-0000-7000-8000-0000000000b3",
    },
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}, "example": 1},
    "WWW-Authenticate": {
        "description": "RFC 6750; `error` only where a token was sent",
        "schema": {"type": "string"},
        "example": 'Bearer realm="unavez"',
    },
    "X-Request-Id": {
        "description": "Of this answer alone, random: what to quote to whoever operates the installation",
        "schema": {"type": "string"},
        "example": "0123012301230123012301230123abab",
    },
}
"""`components.headers`."""
_ALWAYS: Final = "X-Request-Id"

_ERRORS: Final[dict[str, UnavezError]] = {
    "401": UnauthenticatedError(presented=True),
    "403": WrongRoleError(),
    "404": NotYoursError(),
    "409": ConflictError(Conflict.VERSION_CONFLICT),
    "410": GoneError(),
    "413": BodyTooLargeError(),
    "415": UnsupportedMediaError(),
    "422": InvalidInputError([Fault("/facts/danger", "unknown_code", allowed=("none", "possible", "imminent"))]),
    "429": RateLimitedError(1),
    "503": UnavailableError(),
}
_WITHOUT_AN_ERROR: Final = "default"


def headers(*names: str) -> dict[str, Any]:
    """Return the `headers` of an answer, each by reference."""
    return {"headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names}}


def problems() -> dict[str, Any]:
    """Return `components.responses`: one problem for each status, and one for all others."""
    known = {f"Problem{status}": _problem(status, TITLES[int(status)][1]) for status in _ERRORS}
    return {**known, "Problem": _problem(_WITHOUT_AN_ERROR, "Any other problem")}


def refer(responses: dict[str, Any], status: str) -> None:
    """Add the problem of that status; one that the route describes itself keeps its words, and has the rest."""
    own = responses.get(status)
    name = f"Problem{status}" if status in _ERRORS else "Problem"
    if own is None:
        responses[status] = {"$ref": f"#/components/responses/{name}"}
    elif "content" not in own:
        common = _problem(status, "")
        own["content"] = common["content"]
        own["headers"] = {**common["headers"], **own.get("headers", {})}


def add_request_id(responses: dict[str, Any]) -> None:
    """Add the header that every answer has, where an answer is no reference."""
    for response in responses.values():
        if "$ref" not in response:
            response["headers"] = {**headers(_ALWAYS)["headers"], **response.get("headers", {})}


def _problem(status: str, description: str) -> dict[str, Any]:
    error = _ERRORS.get(status, UnavezError("internal"))
    sent = problem_of(error)
    named = [name for name in HEADERS if name.lower() in sent.headers or name == _ALWAYS]
    example = {"value": orjson.loads(bytes(sent.body))}
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {MEDIA_TYPE: {"schema": schema, "examples": {"problem": example}}}
    return {"description": description, "content": content, **headers(*named)}
