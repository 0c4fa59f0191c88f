"""Shaping what goes out: JSON without a second validation, and HTML that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `content` (a model, or anything orjson can write, models inside included) as JSON."""
    body = content.model_dump_json() if isinstance(content, BaseModel) else orjson.dumps(content, default=_plain)
    return Response(body, status, headers, "application/json")


def html_page(html: str, *, status: int = 200) -> HTMLResponse:
    """Return a page that may use its own inline `<style>` and nothing else: no script, no resource, not indexed."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
        for style in _STYLE.findall(html)
    )
    styles = hashes or "'none'"
    policy = f"default-src 'none'; style-src {styles}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    return HTMLResponse(html, status, {"Content-Security-Policy": policy, "X-Robots-Tag": "noindex, nofollow"})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)  # the driver's own subclass, which orjson does not know
    raise TypeError
