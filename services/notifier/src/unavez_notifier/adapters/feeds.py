"""SQL of feeds: positions without a gap, bytes as they go out, who has read how far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from unavez_notifier.adapters.fan_out import APPEND
from unavez_notifier.adapters.reach import REACH
from unavez_notifier.adapters.sql import BIGINTS, FLAGS, TEXTS, UUIDS, statement
from unavez_notifier.adapters.tables import feed_events, feeds
from unavez_notifier.domain.agency_events import OFFERED
from unavez_notifier.domain.audiences import Feed
from unavez_notifier.domain.feed_events import FeedEvent, Placed, StoredEvent
from unavez_notifier.domain.news import Mark, Subject
from unavez_notifier.domain.reach import Asked, Reach
from unavez_shared.persistence.database import UnitOfWork

_NOTE_AGAIN_AFTER = timedelta(minutes=1)

_NEWER = statement(
    """
    WITH before AS (
        SELECT told.* FROM told JOIN unnest(:aggregates, :subjects) AS asked(aggregate, subject)
               USING (aggregate, subject)
    ), noted AS (
        INSERT INTO told (aggregate, subject, sequence, signed, closed)
        SELECT * FROM unnest(:aggregates, :subjects, :sequences, :signed, :closed)
        ON CONFLICT (aggregate, subject) DO UPDATE
        SET sequence = greatest(told.sequence, EXCLUDED.sequence),
            signed = told.signed OR EXCLUDED.signed,
            closed = told.closed OR EXCLUDED.closed
        WHERE CASE WHEN EXCLUDED.closed AND NOT told.closed THEN true
                   WHEN told.closed AND NOT EXCLUDED.closed THEN false
                   ELSE told.sequence < EXCLUDED.sequence END
        RETURNING aggregate, subject
    )
    SELECT noted.aggregate, noted.subject, before.sequence, before.signed
    FROM noted LEFT JOIN before USING (aggregate, subject)
    """,
    aggregates=TEXTS,
    subjects=UUIDS,
    sequences=BIGINTS,
    signed=FLAGS,
    closed=FLAGS,
)
"""An end is news whatever came before it, and after it nothing is but another end."""

_RESERVE = statement(
    """
    INSERT INTO feeds (organization_id, audience, last_position)
    SELECT * FROM unnest(:organizations, :audiences, :counts)
    ON CONFLICT (organization_id, audience) DO UPDATE
    SET last_position = feeds.last_position + EXCLUDED.last_position
    RETURNING organization_id, audience, last_position
    """,
    organizations=UUIDS,
    audiences=TEXTS,
    counts=BIGINTS,
)
"""The arrays come sorted: two transactions lock shared feeds in the same order and cannot deadlock."""


class FeedStore:
    """Feeds inside one transaction."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    async def newer(self, work: UnitOfWork, marks: Mapping[Subject, Mark]) -> Mapping[Subject, Mark | None]:
        """Store the marks; return the subjects for which they are newer, and the mark before."""
        if not marks:
            return {}
        ordered = sorted(marks)
        rows = await work.execute(
            _NEWER,
            {
                "aggregates": [subject.aggregate for subject in ordered],
                "subjects": [subject.id for subject in ordered],
                "sequences": [marks[subject].version for subject in ordered],
                "signed": [marks[subject].signed for subject in ordered],
                "closed": [marks[subject].closed for subject in ordered],
            },
        )
        return {
            Subject(row.aggregate, row.subject): None if row.sequence is None else Mark(row.sequence, signed=row.signed)
            for row in rows
        }

    async def append(
        self, work: UnitOfWork, events: Sequence[FeedEvent], *, at: datetime, only: UUID | None = None
    ) -> Sequence[Placed]:
        """Give each event the next position of its feed, store its bytes and its deliveries, in order."""
        if not events:
            return ()
        next_position = await self._reserve(work, Counter(event.feed for event in events))
        placed = []
        for event in events:
            placed.append(Placed(event, next_position[event.feed]))
            next_position[event.feed] += 1
        await work.execute(
            APPEND,
            {
                "organization_id": [event.feed.organization_id for event in events],
                "audience": [event.feed.key for event in events],
                "position": [one.position for one in placed],
                "event_id": [event.id for event in events],
                "type": [event.type for event in events],
                "subject": [event.subject for event in events],
                "urgency": [event.urgency.value for event in events],
                "service_type": [event.service_type for event in events],
                "district": [event.district for event in events],
                "body": [one.event.serialise(one.position, self._public_url) for one in placed],
                "at": at,
                "only": only,
            },
        )
        return placed

    async def _reserve(self, work: UnitOfWork, counts: Counter[Feed]) -> dict[Feed, int]:
        ordered = sorted(counts)
        rows = await work.execute(
            _RESERVE,
            {
                "organizations": [feed.organization_id for feed in ordered],
                "audiences": [feed.key for feed in ordered],
                "counts": [counts[feed] for feed in ordered],
            },
        )
        last = {(row.organization_id, row.audience): row.last_position for row in rows}
        return {feed: last[feed.organization_id, feed.key] - counts[feed] + 1 for feed in ordered}

    async def lock(self, work: UnitOfWork, feed: Feed) -> int:
        """Lock the feed until the transaction ends, creating it when missing; return its last position."""
        following = await self._reserve(work, Counter({feed: 0}))
        return following[feed] - 1

    async def read(self, work: UnitOfWork, feed: Feed, *, after: int, limit: int) -> Sequence[StoredEvent]:
        """Return the next events after a position."""
        columns = feed_events.c
        rows = await work.execute(
            select(columns.position, columns.body)
            .where(
                columns.organization_id == feed.organization_id,
                columns.audience == feed.key,
                columns.position > after,
            )
            .order_by(columns.position)
            .limit(limit)
        )
        return [StoredEvent(row.position, row.body) for row in rows]

    async def note_read(self, work: UnitOfWork, feed: Feed, *, position: int, at: datetime) -> int:
        """Remember that the feed was read up to `position`; return its last one.

        Writes at most once a minute when nothing is new.
        """
        key = (feeds.c.organization_id == feed.organization_id, feeds.c.audience == feed.key)
        columns = select(feeds.c.last_position, feeds.c.read_position, feeds.c.last_read_at)
        row = (await work.execute(columns.where(*key))).one_or_none()
        last: int = row.last_position if row else 0
        if row and row.read_position >= position and row.last_read_at and row.last_read_at > at - _NOTE_AGAIN_AFTER:
            return last
        note = upsert(feeds).values(
            organization_id=feed.organization_id,
            audience=feed.key,
            last_position=0,
            read_position=position,
            last_read_at=at,
        )
        await work.execute(
            note.on_conflict_do_update(
                index_elements=[feeds.c.organization_id, feeds.c.audience],
                set_={
                    "read_position": func.greatest(feeds.c.read_position, note.excluded.read_position),
                    "last_read_at": note.excluded.last_read_at,
                },
            )
        )
        return last

    async def reach(self, work: UnitOfWork, asked: Sequence[Asked], *, failing_before: datetime) -> Sequence[Reach]:
        """Return how each can be reached, in their order; a channel failing since before then is not a working one."""
        rows = await work.execute(
            REACH,
            {
                "place": list(range(len(asked))),
                "organization_id": [one.organization_id for one in asked],
                "type": [OFFERED] * len(asked),
                "service_type": [one.service_type for one in asked],
                "district": [one.district for one in asked],
                "failing_before": failing_before,
            },
        )
        return [Reach(row.organization_id, row.healthy, row.failing, row.stopped, row.last_read_at) for row in rows]
