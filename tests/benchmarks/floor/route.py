"""The floor's router: one case in, its referrals stored and announced, in one commit with the inbox row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import orjson

from benchmarks.floor import plumbing, sealing

DATABASE = "floor_route"
TABLES = (
    plumbing.INBOX,
    plumbing.OUTBOX,
    "CREATE TABLE referrals (referral_id text PRIMARY KEY, case_id text NOT NULL, organization_id text NOT NULL)",
)
QUEUE = "floor.deliver"

_INBOX = "INSERT INTO inbox SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING message_id"
_EFFECT = """
WITH new AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) AS n(id, case_id, organization_id, body)
),
stored AS (INSERT INTO referrals SELECT id, case_id, organization_id FROM new)
INSERT INTO outbox (message_id, key, body) SELECT id, 'floor.deliver', body FROM new
"""


async def main(environment: dict[str, str]) -> None:
    """Route for ever; `FLOOR_PLANS` tells whom a case of each kind is offered to."""
    plans: dict[str, list[str]] = orjson.loads(environment["FLOOR_PLANS"])
    connection = await plumbing.connect(environment["FLOOR_DATABASE_URL"], DATABASE)
    publisher = await plumbing.Publisher.open(environment["FLOOR_AMQP_URL"], QUEUE)
    say, hear = sealing.of(environment)
    woken = asyncio.Event()

    async def apply(batch: Sequence[tuple[str, bytes]]) -> None:
        async with connection.transaction():
            new = {row["message_id"] for row in await connection.fetch(_INBOX, [one for one, _ in batch])}
            rows = [
                (str(uuid4()), case_id, organization_id)
                for case_id, body in batch
                if case_id in new
                for organization_id in plans[orjson.loads(hear(body))["interviewer_code"]]
            ]
            bodies = [say(orjson.dumps({"referral_id": row[0], "organization_id": row[2]})) for row in rows]
            columns = zip(*rows, strict=True) if rows else ((), (), ())
            await connection.execute(_EFFECT, *(list(column) for column in columns), bodies)
        woken.set()

    relay_connection, receipts = [await plumbing.connect(environment["FLOOR_DATABASE_URL"], DATABASE) for _ in range(2)]
    async with asyncio.TaskGroup() as group:
        group.create_task(plumbing.relay(relay_connection, publisher, woken))
        group.create_task(plumbing.hear_receipts(receipts, environment["FLOOR_AMQP_URL"], QUEUE))
        group.create_task(plumbing.consume(environment["FLOOR_AMQP_URL"], "floor.route", apply))
