"""HSDS pages: what may be asked, and the envelope of the answer, the same for every list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from unavez_directory.api.resources import resources
from unavez_directory.domain.queries import LARGEST_PAGE, Page, Paging
from unavez_shared.web.answer import answer
from unavez_shared.web.body import read_json, read_query
from unavez_shared.web.schema import AnswerModel, RequestModel

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


class HsdsPage(AnswerModel):
    """One page of HSDS objects."""

    total_items: int
    total_pages: int
    page_number: int
    size: int
    first_page: bool
    last_page: bool
    empty: bool
    demo: bool
    contents: list[dict[str, Any]]


LIST: dict[str, Any] = {
    "response_model": HsdsPage,
    "responses": {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
}
"""Arguments of every list route."""


async def asked(request: Request, model: type[Q]) -> Q:
    """Return the filters, from the query or from the body. Raises InvalidInputError."""
    return await read_json(request, model) if request.method == "POST" else read_query(request, model)


def page_answer(request: Request, query: PageQuery, page: Page[T], shape: Callable[[T], dict[str, Any]]) -> Response:
    """Answer a page, or all of it as one object a line."""
    contents = [shape(item) for item in page.contents]
    if query.format == "ndjson":
        # Lines have no envelope: an invented service says so on its own (SAFETY N18).
        mark = {"demo": resources(request).demo}
        lines = b"".join(orjson.dumps(item | mark, option=orjson.OPT_APPEND_NEWLINE) for item in contents)
        return Response(lines, media_type="application/x-ndjson")
    return answer(
        {
            "total_items": page.total_items,
            "total_pages": page.total_pages,
            "page_number": query.page,
            "size": len(contents),
            "first_page": query.page == 1,
            "last_page": query.page >= page.total_pages,
            "empty": not contents,
            "demo": resources(request).demo,
            "contents": contents,
        }
    )


def item_answer(request: Request, shaped: dict[str, Any]) -> Response:
    """Answer one HSDS object; an invented one says so (SAFETY N18)."""
    return answer({**shaped, "demo": resources(request).demo})
