"""Reading a feed: pull and long poll."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_notifier.api.envelopes import CloudEvent
from unavez_notifier.api.resources import resources
from unavez_notifier.domain.audiences import READERS, feed_read_by
from unavez_notifier.domain.feed_events import StoredEvent
from unavez_notifier.use_cases.read_events import ReadEvents, read_events
from unavez_shared.contracts.actor import Actor
from unavez_shared.web.auth import allow, caller_token
from unavez_shared.web.body import query_parameters, read_query
from unavez_shared.web.schema import AnswerModel, RequestModel

router = APIRouter(prefix="/v1", tags=["events"])

Position = Annotated[int, Field(ge=0, lt=2**63)]


class EventsQuery(RequestModel):
    """Where to begin, how much at most, how long to wait for the first one."""

    after: Position = 0
    limit: Annotated[int, Field(ge=1, description="Larger than 500 is lowered")] = 100
    wait: Annotated[float, Field(ge=0, description="Seconds; more than 30 is lowered")] = 0


class EventsPage(AnswerModel):
    """Events in order; `positions` counts 1, 2, 3 … without a gap; ask again with `after=next`."""

    events: list[CloudEvent]
    positions: list[int]
    """The position of each event."""
    next: int
    """Ask again with `after` of this; the same as `after` when there was nothing."""
    demo: bool


@router.get(
    "/events",
    response_model=EventsPage,
    summary="Read your feed from a position on",
    **query_parameters(EventsQuery),
)
async def get_events(request: Request, actor: Annotated[Actor, allow(*READERS)]) -> Response:
    """Answer at once when there is something, else when something comes or `wait` seconds are over."""
    query, held = read_query(request, EventsQuery), resources(request)
    feed = feed_read_by(actor, held.pseudonyms)
    command = ReadEvents(feed=feed, after=query.after, limit=query.limit, wait_seconds=query.wait)
    with held.waits.entered(caller_token(request.scope)) if query.wait else nullcontext():
        events = await read_events(command, held.database, held.stores, stopping=held.stopping)
    return Response(_page(events, after=query.after, demo=held.demo), media_type="application/json")


def _page(events: Sequence[StoredEvent], *, after: int, demo: bool) -> bytes:
    """Return the page with the stored bytes inside: an event is never serialised a second time."""
    bodies = b",".join(event.body for event in events)
    positions = ",".join(str(event.position) for event in events)
    following = events[-1].position if events else after
    tail = f'],"positions":[{positions}],"next":{following},"demo":{str(demo).lower()}}}'
    return b'{"events":[' + bodies + tail.encode("ascii")
