"""Everything at once, sent a slice at a time to who is still there."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson
from starlette.types import Message

from unavez_directory.api.pages import Export
from unavez_directory.api.resources import Resources
from unavez_directory.api.turns import Turns
from unavez_directory.domain.queries import SLICE, Page, Paging, Place

ENTRIES = [Place(f"name {number:03}", UUID(int=number)) for number in range(2 * SLICE + 1)]
STRANGER = {"type": "http", "headers": [], "state": {}}


class Entries:
    """A listing of names."""

    def __init__(self) -> None:
        self.read = 0

    async def page(self, paging: Paging) -> Page[UUID]:
        raise NotImplementedError

    async def after(self, last: Place | None, *, limit: int) -> Sequence[Place]:
        begin = 0 if last is None else ENTRIES.index(last) + 1
        return ENTRIES[begin : begin + limit]

    async def records(self, ids: Sequence[UUID]) -> Sequence[UUID]:
        self.read += len(ids)
        return ids


async def sent_to(client: list[Message], entries: Entries) -> list[Message]:
    """Return what is sent to a client that says these things and then nothing."""
    sent: list[Message] = []

    async def receive() -> Message:
        return client.pop(0) if client else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    held = cast("Resources", SimpleNamespace(turns=Turns(), demo=True))
    await Export(held, entries, lambda one: {"id": str(one)})(cast("Any", STRANGER), receive, send)
    return sent


async def test_an_export_is_sent_as_it_is_read() -> None:
    start, *bodies = await sent_to([], Entries())
    assert start["status"] == 200
    assert [body["body"].count(b"\n") for body in bodies] == [SLICE, SLICE, 1, 0]
    assert [body["more_body"] for body in bodies] == [True, True, True, False]
    lines = [orjson.loads(line) for body in bodies for line in body["body"].splitlines()]
    assert lines == [{"id": str(entry.id), "demo": True} for entry in ENTRIES]


async def test_nothing_is_read_for_who_has_left() -> None:
    entries = Entries()
    sent = await sent_to([{"type": "http.disconnect"}], entries)
    assert [message["type"] for message in sent] == ["http.response.start"]
    assert entries.read == 0
