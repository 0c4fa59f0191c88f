"""A long outbox: what the broker's absence, or a burst, leaves for the relay."""

from __future__ import annotations

from sqlalchemy import text

from unavez_shared.testing.messaging import Stage, until

ROWS = 20_000
_FILL = """
INSERT INTO outbox (message_id, routing_key, body)
SELECT 'synthetic-' || n, 'case.registered.v1', convert_to(repeat('synthetic', 60), 'UTF8')
FROM generate_series(1, :rows) AS n
"""
_LAST_WAITS = "SELECT count(*) FROM outbox WHERE id = 20000 AND sent_at IS NULL"
"""By its key: a question about all of them would read the very index that is looked at here."""
_ENTRIES_READ = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'ix_outbox_unsent'"


async def test_long_backlog_is_read_along_its_index_whatever_the_planner_knows(rabbit_stage: Stage) -> None:
    producer = await rabbit_stage.producer()
    async with producer.database.engine.begin() as connection:
        await connection.execute(text(_FILL), {"rows": ROWS})
    producer.start_relay()

    async def everything_has_left() -> bool:
        return await producer.count(_LAST_WAITS) == 0

    await until(everything_has_left, 60)
    await producer.stop()
    await producer.relay.close()  # a session tells what it read when it ends

    async def is_counted() -> bool:
        return await producer.count(_ENTRIES_READ) >= ROWS

    await until(is_counted)
    assert await producer.count(_ENTRIES_READ) < 5 * ROWS
