"""The floor's notifier: a delivery is a row, then a POST, then settled; what failed or was left is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import orjson

from benchmarks.floor import plumbing, sealing
from benchmarks.http import Connection, head

DATABASE = "floor_deliver"
TABLES = (
    plumbing.INBOX,
    """
    CREATE TABLE deliveries (message_id text PRIMARY KEY, organization_id text NOT NULL, body bytea NOT NULL,
                             pending boolean NOT NULL DEFAULT true)
    """,
    "CREATE INDEX ON deliveries (message_id) WHERE pending",
)
_CONNECTIONS = 32
_SWEEP_SECONDS = 5
_OK = range(200, 300)

_INBOX = "INSERT INTO inbox SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING message_id"
_EFFECT = "INSERT INTO deliveries SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])"
_SETTLE = "UPDATE deliveries SET pending = false WHERE message_id = ANY($1)"
_LEFT = "SELECT message_id, organization_id, body FROM deliveries WHERE pending LIMIT 1000"

Due = tuple[str, str, bytes]


class Deliveries:
    """What this process has in hand."""

    def __init__(self, environment: dict[str, str], working: asyncpg.Connection, settling: asyncpg.Connection) -> None:
        self._hook = environment["FLOOR_HOOK"]
        self._port = int(environment["FLOOR_HOOK_PORT"])
        _, self._hear = sealing.of(environment)
        self._working = working
        self._settling = settling
        self._due: asyncio.Queue[Due] = asyncio.Queue()
        self._in_hand: set[str] = set()
        self._ended: list[str] = []
        self._some_ended = asyncio.Event()

    async def apply(self, batch: Sequence[tuple[str, bytes]]) -> None:
        """Commit a batch of deliveries, then have them made."""
        async with self._working.transaction():
            new = {row["message_id"] for row in await self._working.fetch(_INBOX, [one for one, _ in batch])}
            heard = [(one, self._hear(body)) for one, body in batch if one in new]
            rows = [(one, orjson.loads(event)["organization_id"], event) for one, event in heard]
            if rows:
                await self._working.execute(_EFFECT, *(list(column) for column in zip(*rows, strict=True)))
        for row in rows:
            self._put(row)

    async def send(self) -> None:
        """Make one delivery after the other, for ever."""
        kept: Connection | None = None
        while True:
            message_id, organization_id, body = await self._due.get()
            request = head("POST", self._hook + organization_id, len(body), {"webhook-id": message_id}) + body
            try:
                if kept is None or not kept.is_open:
                    kept = await Connection.open("127.0.0.1", self._port)
                status, _ = await kept.send(request)
            except (OSError, TimeoutError):
                status = 0
            if status in _OK:
                self._ended.append(message_id)
                self._some_ended.set()
            else:
                self._in_hand.discard(message_id)  # the sweep finds it again

    async def settle(self) -> None:
        """Settle whatever ended since the last time, for ever."""
        while True:
            await self._some_ended.wait()
            self._some_ended.clear()
            batch, self._ended = self._ended, []
            await self._settling.execute(_SETTLE, batch)
            self._in_hand.difference_update(batch)

    async def sweep(self, connection: asyncpg.Connection) -> None:
        """Find what failed, and what another process left behind, for ever."""
        while True:
            for row in await connection.fetch(_LEFT):
                if row["message_id"] not in self._in_hand:
                    self._put(tuple(row))
            await asyncio.sleep(_SWEEP_SECONDS)

    def _put(self, row: Due) -> None:
        self._in_hand.add(row[0])
        self._due.put_nowait(row)


async def main(environment: dict[str, str]) -> None:
    """Deliver for ever, to `<FLOOR_HOOK><organization id>`."""
    connections = [await plumbing.connect(environment["FLOOR_DATABASE_URL"], DATABASE) for _ in range(3)]
    deliveries = Deliveries(environment, connections[0], connections[1])
    async with asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            group.create_task(deliveries.send())
        group.create_task(deliveries.settle())
        group.create_task(deliveries.sweep(connections[2]))
        group.create_task(plumbing.consume(environment["FLOOR_AMQP_URL"], "floor.deliver", deliveries.apply))
