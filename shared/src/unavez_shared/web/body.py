"""Reading a request inside the route, after 401, 404 and 403 were decided: bodies, queries and their OpenAPI."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.web.errors import BodyTooLargeError, UnsupportedMediaError
from unavez_shared.web.faults import MAX_FAULTS, faults_of, pointer
from unavez_shared.web.shapes import known_names

BODY_LIMIT: Final = 1024 * 1024
"""Bytes (CONTRACT "Limits")."""

M = TypeVar("M", bound=BaseModel)
Beside = Callable[[Any], Iterable[Fault]]
"""Faults of a decoded body that its model does not see: told together with the model's."""

_SUSPICIOUS_NUMBER: Final = re.compile(rb"[0-9]{19}|[eE]\+?[0-9]{3}")
_MALFORMED: Final = object()
_INT64: Final = range(-(2**63), 2**63)
_CROWD: Final = 10_000
_SMALLEST_OBJECT: Final = 24
"""Bytes. A body of more than `_CROWD` objects that are smaller on average is nobody's data: only a way to make the
validator complain a million times."""
_FAULTS_WORTH_LISTING: Final = 20_000


def json_body(
    model: type[BaseModel], *, media_type: str = "application/json", query: type[BaseModel] | None = None
) -> dict[str, Any]:
    """Return the route arguments that document `model` as the body (and `query`); `read_json` does the work."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    body = {"required": bool(schema.get("required")), "content": {media_type: {"schema": schema}}}
    extra: dict[str, Any] = {"requestBody": body}
    if query is not None:
        extra.update(query_parameters(query)["openapi_extra"])
    return {"openapi_extra": extra}


def query_parameters(model: type[BaseModel]) -> dict[str, Any]:
    """Return the route arguments that document `model` as query parameters; `read_query` does the work."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    required = schema.get("required", [])
    parameters = [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema.get("properties", {}).items()
    ]
    extra: dict[str, Any] = {"parameters": parameters}
    if "$defs" in schema:
        extra["x-definitions"] = schema["$defs"]
    return {"openapi_extra": extra}


async def read_bytes(request: Request, *, limit: int = BODY_LIMIT) -> bytes:
    """Return the body. Raises `BodyTooLargeError` from the declared length, or as soon as the stream exceeds it."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > limit:
        raise BodyTooLargeError
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise BodyTooLargeError
    return bytes(received)


async def read_json(request: Request, model: type[M], *, limit: int = BODY_LIMIT, beside: Beside | None = None) -> M:
    """Return the body as `model`. Raises 413, 415 and 422 errors; none of them carries anything that was sent.

    `beside` is asked for more faults only when there are some: all of them are one answer.
    """
    return parse_json(await _json_bytes(request, limit), model, beside)


async def receive_json(request: Request, model: type[M], *, limit: int = BODY_LIMIT) -> Callable[[], M]:
    """Receive the bytes now; return what reads them as `model`, or raises 413, 415 and 422 errors, when it is called.

    For a route about a record (`gate.enter`): what is wrong with a body is said after 404 and 403 were decided.
    """
    try:
        raw = await _json_bytes(request, limit)
    except (BodyTooLargeError, UnsupportedMediaError) as error:
        return partial(_refuse, error)
    return partial(parse_json, raw, model)


def _refuse(error: Exception) -> NoReturn:
    raise error


async def _json_bytes(request: Request, limit: int) -> bytes:
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json and not _says_nothing(request):
        raise UnsupportedMediaError
    return await read_bytes(request, limit=limit)


def _says_nothing(request: Request) -> bool:
    # `curl -X POST -d ''` names a form; of no bytes at all the kind does not matter.
    return request.headers.get("content-length") == "0"


def parse_json(raw: bytes, model: type[M], beside: Beside | None = None) -> M:
    """Return `raw` as `model`; no bytes at all are an empty object. Raises `InvalidInputError`."""
    raw = raw or b"{}"
    data = _decode(raw)
    if raw.count(b"{") > max(_CROWD, len(raw) // _SMALLEST_OBJECT):
        raise InvalidInputError([Fault("", "too_many")])
    _refuse_repeated_keys(raw)
    faults = _with_nul(data, known_names(model)) if b"\\u0000" in raw else []
    try:
        # JSON mode: strict, but "…" becomes a UUID, a date or an enum as JSON has no such types.
        read = model.model_validate_json(raw)
    except ValidationError as error:
        faults += _faults_in_body(error, model, data)
    if not faults:
        return read
    raise InvalidInputError(_once([*faults, *(beside(data) if beside is not None else ())]))


def _once(faults: Iterable[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))[:MAX_FAULTS]


def _faults_in_body(error: ValidationError, model: type[BaseModel], data: Any) -> list[Fault]:
    if error.error_count() > _FAULTS_WORTH_LISTING:
        # pydantic builds them all or none, and all of them can take ten seconds.
        return [Fault("", "too_many_faults")]
    return faults_of(error.errors(include_url=False, include_input=False), model=model, data=data)


def read_query(request: Request, model: type[M]) -> M:
    """Return the query as `model`, coercing strings; a name given twice is a list, one without a value was not given.

    Raises `InvalidInputError`.
    """
    values: dict[str, Any] = {}
    for name in request.query_params:
        given = request.query_params.getlist(name)
        if given != [""]:
            values[name] = given if len(given) > 1 else given[0]
    faults = _with_nul(values, known_names(model))
    try:
        read = model.model_validate(values, strict=False)
    except ValidationError as error:
        faults += faults_of(error.errors(include_url=False, include_input=False), model=model, data=values)
    if not faults:
        return read
    raise InvalidInputError(_once(faults))


def _decode(raw: bytes) -> Any:
    """Decode strictly: UTF-8 without lone surrogates, no NaN, bounded depth, numbers a database can hold."""
    try:
        data = orjson.loads(raw)
        if _SUSPICIOUS_NUMBER.search(raw):
            json.loads(raw, parse_int=_bounded_int, parse_float=_finite_float)
    except (ValueError, RecursionError):
        data = _MALFORMED
    if data is _MALFORMED:
        # Raised out here: an exception in the context would carry the whole body.
        raise InvalidInputError([Fault("", "malformed_json")])
    return data


def _refuse_repeated_keys(raw: bytes) -> None:
    """Raise `InvalidInputError` when an object says something twice: which of the two she meant, nobody can know."""
    repeated = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated = repeated or len(dict(pairs)) != len(pairs)

    json.loads(raw, object_pairs_hook=look)
    if repeated:
        raise InvalidInputError([Fault("", "duplicate_key")])


def _bounded_int(digits: str) -> int:
    # 20 characters hold every 64-bit integer; int() of a long text is slow on purpose elsewhere.
    if len(digits) > 20 or int(digits) not in _INT64:  # noqa: PLR2004
        raise ValueError("number out of range")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _with_nul(data: Any, known: frozenset[str]) -> list[Fault]:
    """Return a fault at every text or key that holds a NUL, which PostgreSQL cannot store."""
    faults: list[Fault] = []
    pending: list[tuple[tuple[str | int, ...], bool, Any]] = [((), True, data)]
    while pending:
        path, exact, node = pending.pop()
        if isinstance(node, str) and "\x00" in node:
            faults.append(Fault(pointer(path), "invalid_text"))
        elif isinstance(node, dict):
            for key, value in node.items():
                if "\x00" in key:
                    faults.append(Fault(pointer(path), "invalid_text"))
                deeper = exact and key in known
                pending.append(((*path, key) if deeper else path, deeper, value))
        elif isinstance(node, list):
            pending.extend(((*path, i) if exact else path, exact, value) for i, value in enumerate(node))
    return list(dict.fromkeys(faults))
