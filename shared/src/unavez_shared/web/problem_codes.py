"""What to do about each problem: data of `docs/errors.md`. What it means is its title (`web.problems`). Spanish first.

The codes of a 409 are `contracts.conflicts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROBLEM_CODES: Final[Mapping[str, tuple[int, str, str]]] = {
    "bad_request": (400, "Revise la forma de la solicitud HTTP.", "Check the form of the HTTP request."),
    "unauthenticated": (
        401,
        "Pida un token nuevo y envíelo en `Authorization: Bearer`. Por qué no vale no se dice.",
        "Get a new token and send it as `Authorization: Bearer`. Why it does not do is not said.",
    ),
    "forbidden": (
        403,
        "Use un token con uno de los roles de la operación (`x-roles` en OpenAPI).",
        "Use a token with one of the operation's roles (`x-roles` in OpenAPI).",
    ),
    "not_found": (
        404,
        "No existe o no es suyo: es la misma respuesta. Revise el id; si la hay, espere lo que dice `Retry-After`.",
        "Not there or not yours: one and the same answer. Check the id; where there is a `Retry-After`, wait for it.",
    ),
    "method_not_allowed": (
        405,
        "Use uno de los métodos de `Allow`. HEAD solo existe en las lecturas públicas.",
        "Use a method that `Allow` names. HEAD is for public reads only.",
    ),
    "request_timeout": (
        408,
        "Envíe de nuevo, sin pausas: 10 s para las cabeceras, 30 s para el cuerpo.",
        "Send again, without pauses: 10 s for the headers, 30 s for the body.",
    ),
    "gone": (
        410,
        "Ya no la tiene a su cargo. No la pida más.",
        "You no longer hold it. Stop asking for it.",
    ),
    "version_mismatch": (
        412,
        "Cambió desde que la leyó. Léala de nuevo y decida con lo que dice ahora.",
        "It changed since you read it. Read it again and decide on what it says now.",
    ),
    "body_too_large": (
        413,
        "El cuerpo pasa de 1 MiB. Envíe menos, o en varias partes.",
        "The body is over 1 MiB. Send less, or in several parts.",
    ),
    "address_too_long": (
        414,
        "La dirección pasa de 16 KiB. Envíe los filtros como JSON con POST.",
        "The address is over 16 KiB. Send the filters as JSON with POST.",
    ),
    "unsupported_media_type": (
        415,
        "Envíe `Content-Type: application/json`.",
        "Send `Content-Type: application/json`.",
    ),
    "invalid_input": (
        422,
        "`errors` dice cada lugar y su código: corrija todo y envíe de nuevo.",
        "`errors` has every place with its code: correct all of them and send again.",
    ),
    "if_match_required": (
        428,
        "Lea primero, y envíe su `ETag` en `If-Match`.",
        "Read it first, and send its `ETag` as `If-Match`.",
    ),
    "rate_limited": (
        429,
        "Espere los segundos de `Retry-After`.",
        "Wait for the seconds of `Retry-After`.",
    ),
    "headers_too_large": (
        431,
        "Las cabeceras pasan de 16 KiB. Envíe menos.",
        "The headers are over 16 KiB. Send fewer.",
    ),
    "internal_error": (
        500,
        "Es un error nuestro. Intente de nuevo; si sigue, dé al operador el `X-Request-Id`.",
        "It is our error. Try again; if it stays, give the operator the `X-Request-Id`.",
    ),
    "unavailable": (
        503,
        "Espere lo que dice `Retry-After` y envíe lo mismo de nuevo.",
        "Wait for what `Retry-After` says and send the same again.",
    ),
}
"""Code → status, what to do in Spanish and in English. Stable; the texts may be reworded."""
