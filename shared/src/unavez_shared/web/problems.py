"""RFC 9457 answers, in one place: which error is which status, and what a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from unavez_shared.contracts.errors import (
    ConflictError,
    Fault,
    GoneError,
    InvalidInputError,
    NotYoursError,
    PreconditionError,
    UnavezError,
    WrongRoleError,
)
from unavez_shared.web.errors import (
    BodyTooLargeError,
    PreconditionRequiredError,
    RateLimitedError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaError,
)
from unavez_shared.web.faults import faults_of

MEDIA_TYPE: Final = "application/problem+json"

_STATUS: Final[Mapping[type[UnavezError], int]] = {
    UnauthenticatedError: 401,
    WrongRoleError: 403,
    NotYoursError: 404,
    ConflictError: 409,
    GoneError: 410,
    PreconditionError: 412,
    BodyTooLargeError: 413,
    UnsupportedMediaError: 415,
    InvalidInputError: 422,
    PreconditionRequiredError: 428,
    RateLimitedError: 429,
    UnavailableError: 503,
}

TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("La solicitud no se entiende", "The request cannot be understood"),
    401: ("Falta una credencial válida", "A valid token is needed"),
    403: ("Su rol no permite esta acción", "Your role does not allow this"),
    404: ("No encontrado", "Not found"),
    405: ("Método no permitido", "Method not allowed"),
    408: ("La solicitud no llegó completa a tiempo", "The request did not arrive whole in time"),
    409: ("El estado actual no lo permite", "The current state does not allow it"),
    410: ("Ya no está disponible", "No longer available"),
    412: ("La versión no es la actual", "The version is not the current one"),
    413: ("El cuerpo es demasiado grande", "The body is too large"),
    414: ("La dirección es demasiado larga", "The address is too long"),
    415: ("Tipo de contenido no admitido", "Media type not supported"),
    422: ("Datos no válidos", "Invalid input"),
    428: ("Falta la cabecera If-Match", "If-Match is required"),
    429: ("Demasiadas solicitudes", "Too many requests"),
    431: ("Las cabeceras son demasiado grandes", "The headers are too large"),
    500: ("Error interno", "Internal error"),
    503: ("No disponible por el momento", "Unavailable for the moment"),
}
"""Spanish first, English beside it."""


def problem_body(
    status: int, code: str, errors: Sequence[Fault] = (), explanation: tuple[str, str] | None = None
) -> bytes:
    """Return the bytes of a problem; the same arguments give the same bytes. `explanation`: Spanish and English."""
    title, title_en = TITLES[status]
    problem: dict[str, object] = {
        "type": f"urn:unavez:problem:{code}",
        "title": title,
        "title_en": title_en,
        "status": status,
    }
    if explanation is not None:
        problem["detail"], problem["detail_en"] = explanation
    if errors:
        problem["errors"] = [_shown(fault) for fault in errors]
    return orjson.dumps(problem)


def _shown(fault: Fault) -> dict[str, object]:
    shown: dict[str, object] = {"pointer": fault.pointer, "code": fault.code}
    if fault.allowed:
        shown["allowed"] = fault.allowed
    if fault.vocabulary is not None:
        shown["vocabulary"] = fault.vocabulary
    if fault.nearest is not None:
        shown["nearest"] = fault.nearest
    return shown


NOT_FOUND_BODY: Final = problem_body(404, NotYoursError.code)
"""One constant: not there, not yours and no such path are the same bytes (SAFETY N9)."""

INTERNAL_ERROR_BODY: Final = problem_body(500, "internal_error")
UNAVAILABLE_BODY: Final = problem_body(503, UnavailableError.code)


def not_found(retry_after: int | None = None) -> Response:
    """Return the fixed 404; `retry_after` (seconds) must not depend on whether the thing exists."""
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(NOT_FOUND_BODY, 404, headers, MEDIA_TYPE)


def problem_of(error: UnavezError) -> Response:
    """Return the answer to an error with a meaning."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    if status == 404:  # noqa: PLR2004
        return not_found()
    headers: dict[str, str] = {}
    faults: Sequence[Fault] = ()
    explanation = None
    if isinstance(error, InvalidInputError):
        faults = error.faults
    elif isinstance(error, ConflictError):
        explanation = error.conflict.spanish, error.conflict.english
    elif isinstance(error, UnauthenticatedError):
        detail = ', error="invalid_token"' if error.presented else ""
        headers["WWW-Authenticate"] = f'Bearer realm="unavez"{detail}'
    elif isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, UnavailableError):
        headers["Retry-After"] = "1"
    return Response(problem_body(status, error.code, faults, explanation), status, headers, MEDIA_TYPE)


async def _answer_unavez(_: Request, error: Exception) -> Response:
    if not isinstance(error, UnavezError):
        raise error
    return problem_of(error)


async def _answer_http(_: Request, error: Exception) -> Response:
    # Raised by the router itself: unknown path, wrong method. Its detail text is not repeated.
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 404:  # noqa: PLR2004
        return not_found()
    status = error.status_code if error.status_code in TITLES else 400
    code = "method_not_allowed" if status == 405 else "bad_request"  # noqa: PLR2004
    return Response(problem_body(status, code), status, error.headers, MEDIA_TYPE)


async def _answer_parameters(_: Request, error: Exception) -> Response:
    # Path and query values FastAPI itself refused. A path that cannot be an id is an id that does not exist.
    if not isinstance(error, RequestValidationError):
        raise error
    details = error.errors()
    if any(detail["loc"][:1] == ("path",) for detail in details):
        return not_found()
    return problem_of(InvalidInputError(faults_of(details, skip=1)))


def install_handlers(app: Starlette | FastAPI) -> None:
    """Map every error with a meaning; what has none is answered by `web.edge`."""
    app.add_exception_handler(UnavezError, _answer_unavez)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_parameters)
