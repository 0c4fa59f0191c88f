"""HSDS pages: what may be asked, and the envelope of the answer, the same for every list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from unavez_directory.adapters.listing import Listing
from unavez_directory.api.hsds_schema import HsdsPage
from unavez_directory.api.resources import Resources, resources
from unavez_directory.api.turns import EXPORT_SECONDS
from unavez_directory.domain.queries import LARGEST_PAGE, SLICE, Page, Paging
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import caller_token
from unavez_shared.web.body import read_json, read_query
from unavez_shared.web.errors import RateLimitedError
from unavez_shared.web.problems import problem_of
from unavez_shared.web.schema import RequestModel

NDJSON: Final = "application/x-ndjson"

T = TypeVar("T")
Q = TypeVar("Q", bound="PageQuery")

Id = Annotated[str, StringConstraints(max_length=64)]
"""An id to filter by; one that names nothing finds nothing."""


class PageQuery(RequestModel):
    """What every list takes, as a query (GET) or as a JSON body (POST)."""

    search: Annotated[str, StringConstraints(max_length=500)] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, description="Lowered to 1,000")] = 50
    format: Literal["json", "ndjson"] = "json"

    @property
    def paging(self) -> Paging:
        """The page; ndjson is everything at once."""
        return Paging(self.page, None if self.format == "ndjson" else min(self.per_page, LARGEST_PAGE))


def list_of(model: type[HsdsPage]) -> dict[str, Any]:
    """Return the arguments of a list route that answers pages of that model."""
    return {"response_model": model, "responses": {200: {"content": {NDJSON: {"schema": {"type": "string"}}}}}}


async def asked(request: Request, model: type[Q]) -> Q:
    """Return the filters: those of the query, and of a POST also those of the body, which come first.

    Raises InvalidInputError with the faults of both.
    """
    if request.method != "POST":
        return read_query(request, model)
    body = await read_json(request, model, beside=lambda _: _faults_in_query(request, model))
    query = read_query(request, model)
    return query.model_copy(update={name: getattr(body, name) for name in body.model_fields_set})


def _faults_in_query(request: Request, model: type[Q]) -> Sequence[Fault]:
    try:
        read_query(request, model)
    except InvalidInputError as error:
        return error.faults
    return ()


async def list_answer(
    request: Request, query: PageQuery, listing: Listing[T], shape: Callable[[T], dict[str, Any]]
) -> Response:
    """Answer a page, or everything as one object a line, put together in slices."""
    if query.format == "ndjson":
        return Export(resources(request), listing, shape)
    held, token = resources(request), caller_token(request.scope)
    async with held.turns.reading_a_page(token):
        async with held.turns.slice(token):
            page = await listing.page(query.paging)
        contents: list[bytes] = []
        for begin in range(0, len(page.contents), SLICE):
            async with held.turns.slice(token):
                records = await listing.records(page.contents[begin : begin + SLICE])
                contents += [orjson.dumps(shape(record)) for record in records]
    return _enveloped(query, page, contents, demo=held.demo)


def page_answer(request: Request, query: PageQuery, page: Page[T], shape: Callable[[T], dict[str, Any]]) -> Response:
    """Answer a short list that is in memory: a page, or all of it as one object a line."""
    demo = resources(request).demo
    if query.format == "ndjson":
        return Response(_lines(map(shape, page.contents), demo=demo), media_type=NDJSON)
    return _enveloped(query, page, [orjson.dumps(shape(item)) for item in page.contents], demo=demo)


class Export(Response):
    """Everything, one object a line, sent as it is read."""

    media_type = NDJSON

    def __init__(self, held: Resources, listing: Listing[T], shape: Callable[[T], dict[str, Any]]) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._held = held
        self._slices = listing.after
        self._read = listing.records
        self._shape = shape

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, or refuse who comes when as many read as may. Ends early when the client has left."""
        token = caller_token(scope)
        try:
            async with self._held.turns.exporting(token):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async with asyncio.timeout(EXPORT_SECONDS):
                    await self._send_lines(token, Request(scope, receive), send)
        except RateLimitedError as refusal:
            await problem_of(refusal)(scope, receive, send)

    async def _send_lines(self, token: str | None, request: Request, send: Send) -> None:
        last = None
        while not await request.is_disconnected():
            async with self._held.turns.slice(token):
                places = await self._slices(last, limit=SLICE)
                records = await self._read([place.id for place in places])
                lines = _lines(map(self._shape, records), demo=self._held.demo)
            await send({"type": "http.response.body", "body": lines, "more_body": bool(places)})
            if not places:
                return
            last = places[-1]


def _lines(shaped: Iterable[dict[str, Any]], *, demo: bool) -> bytes:
    # Lines have no envelope: an invented service says so on its own (SAFETY N18).
    return b"".join(orjson.dumps(item | {"demo": demo}, option=orjson.OPT_APPEND_NEWLINE) for item in shaped)


def _enveloped(query: PageQuery, page: Page[Any], contents: Sequence[bytes], *, demo: bool) -> Response:
    envelope = {
        "total_items": page.total_items,
        "total_pages": page.total_pages,
        "page_number": query.page,
        "size": len(contents),
        "first_page": query.page == 1,
        "last_page": query.page >= page.total_pages,
        "empty": not contents,
        "demo": demo,
    }
    body = orjson.dumps(envelope).removesuffix(b"}") + b',"contents":[' + b",".join(contents) + b"]}"
    return Response(body, media_type="application/json")


def item_answer(request: Request, shaped: dict[str, Any]) -> Response:
    """Answer one HSDS object; an invented one says so (SAFETY N18)."""
    return answer({**shaped, "demo": resources(request).demo})
