"""Entity tags: a version's `ETag: "7"` out, `If-Match: "7"` in; of public reads, whether the client has the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.requests import Request

from unavez_shared.contracts.errors import PreconditionError
from unavez_shared.web.errors import PreconditionRequiredError

_TAG: Final = re.compile(r'"([0-9]{1,18})"')


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def required_version(request: Request) -> int:
    """Return the version `If-Match` names.

    Raises `PreconditionRequiredError` (428) without the header, `PreconditionError` (412) for anything that can not be
    one of our tags: it cannot match.
    """
    header = request.headers.get("if-match")
    if header is None:
        raise PreconditionRequiredError
    match = _TAG.fullmatch(header.strip())
    if match is None:
        raise PreconditionError
    return int(match[1])


def is_known(tag: str, if_none_match: Iterable[str]) -> bool:
    """Tell whether the values of `If-None-Match` name this tag: any of a list, or `*`; weakly compared (RFC 9110)."""
    named = {entry.strip().removeprefix("W/") for value in if_none_match for entry in value.split(",")}
    return tag in named or "*" in named
