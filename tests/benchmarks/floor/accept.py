"""The floor's intake: a body and its outbox row in one commit, behind the same HTTP server; relayed by itself."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import uvicorn

from benchmarks.floor import plumbing, sealing

DATABASE = "floor_accept"
TABLES = ("CREATE TABLE intakes (intake_id text PRIMARY KEY, body bytea NOT NULL)", plumbing.OUTBOX)
QUEUE = "floor.route"

_ACCEPT = """
WITH intake AS (INSERT INTO intakes (intake_id, body) VALUES ($1, $2))
INSERT INTO outbox (message_id, key, body) VALUES ($1, 'floor.route', coalesce($3, $2))
"""
_HEADERS = [(b"content-type", b"application/json")]


async def main(environment: dict[str, str]) -> None:
    """Serve `POST /intakes` (accept) and `POST /preview` (answer as many bytes as the product's preview)."""
    pool = await plumbing.pool(environment["FLOOR_DATABASE_URL"], DATABASE)
    publisher = await plumbing.Publisher.open(environment["FLOOR_AMQP_URL"], QUEUE)
    say, _ = sealing.of(environment)
    woken = asyncio.Event()
    preview = b'"' + b"x" * (int(environment["FLOOR_PREVIEW_BYTES"]) - 2) + b'"'

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part["body"]
            if not part.get("more_body"):
                break
        status, answer = 201, preview
        if scope["path"] == "/intakes":
            intake_id = str(uuid4())
            said = say(body)
            # What is said as it came travels to the database once.
            await pool.execute(_ACCEPT, intake_id, body, None if said == body else said)
            woken.set()
            answer = b'{"intake_id":"' + intake_id.encode() + b'"}'
        else:
            status = 200
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, length]})
        await send({"type": "http.response.body", "body": answer})

    config = uvicorn.Config(
        app, port=int(environment["FLOOR_PORT"]), loop="none", http="auto", ws="none", lifespan="off",
        access_log=False, server_header=False, proxy_headers=False, log_config=None, timeout_keep_alive=65,
    )  # fmt: skip
    relay_connection, receipts = [await plumbing.connect(environment["FLOOR_DATABASE_URL"], DATABASE) for _ in range(2)]
    async with asyncio.TaskGroup() as group:
        group.create_task(plumbing.relay(relay_connection, publisher, woken))
        group.create_task(plumbing.hear_receipts(receipts, environment["FLOOR_AMQP_URL"], QUEUE))
        group.create_task(uvicorn.Server(config).serve())
