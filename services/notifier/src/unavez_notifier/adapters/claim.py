"""The statements of the delivery engine, as SQL: claim, settle, find what nobody was told, say that it is over."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, Interval
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_notifier.adapters.sql import BIGINTS, INTEGERS, TEXTS, TIME, TIMES, UUIDS, statement

CLAIM = statement(
    """
    WITH RECURSIVE busy AS (
        (
            SELECT subscription_id FROM deliveries WHERE next_attempt_at IS NOT NULL
            ORDER BY subscription_id, urgency, next_attempt_at, position LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT d.subscription_id FROM deliveries d
            WHERE d.next_attempt_at IS NOT NULL AND d.subscription_id > busy.subscription_id
            ORDER BY d.subscription_id, d.urgency, d.next_attempt_at, d.position LIMIT 1
        )
        FROM busy WHERE busy.subscription_id IS NOT NULL
    ), candidate AS (
        SELECT s.subscription_id, due.position, s.organization_id, s.audience, s.channel, s.endpoint, s.secret,
               s.failing_since, s.status = 'ended' AS is_last,
               CASE WHEN s.previous_secret_until > :now THEN s.previous_secret END AS previous_secret,
               row_number() OVER (
                   PARTITION BY s.organization_id ORDER BY due.urgency, due.next_attempt_at, due.position
               ) AS turn
        FROM busy
        JOIN subscriptions s ON s.subscription_id = busy.subscription_id AND s.status <> 'unverified'
         AND s.channel = ANY(:channels)
        LEFT JOIN unnest(:subscriptions, :subscription_loads, :slow_ones) AS x(subscription_id, load, is_slow)
               ON x.subscription_id = s.subscription_id
        CROSS JOIN LATERAL (
            SELECT d.position, d.urgency, d.next_attempt_at FROM deliveries d
            WHERE d.subscription_id = s.subscription_id AND d.next_attempt_at <= :now
              AND d.position = (
                  SELECT min(oldest.position) FROM deliveries oldest
                  WHERE oldest.subscription_id = d.subscription_id AND oldest.subject = d.subject
                    AND oldest.status = 'pending'
              )
            ORDER BY d.urgency, d.next_attempt_at, d.position
            LIMIT greatest(:each_subscription - coalesce(x.load, 0), 0)
        ) AS due
        WHERE (s.failing_since IS NOT NULL OR coalesce(x.is_slow, false)) = :is_slow
    ), chosen AS (
        SELECT c.*
        FROM candidate c
        LEFT JOIN unnest(:organizations, :organization_loads) AS o(organization_id, load)
               ON o.organization_id = c.organization_id
        JOIN deliveries due ON due.subscription_id = c.subscription_id AND due.position = c.position
        WHERE due.next_attempt_at <= :now AND c.turn <= :each_organization - coalesce(o.load, 0)
        ORDER BY due.urgency, c.turn, due.next_attempt_at, due.position
        LIMIT :limit
        FOR UPDATE OF due SKIP LOCKED
    )
    UPDATE deliveries d
    SET next_attempt_at = :lease_until, attempts = d.attempts + 1, last_attempt_at = :now,
        first_attempt_at = coalesce(d.first_attempt_at, :now)
    FROM chosen c
    JOIN feed_events e
      ON e.organization_id = c.organization_id AND e.audience = c.audience AND e.position = c.position
    WHERE d.subscription_id = c.subscription_id AND d.position = c.position
    RETURNING d.subscription_id, c.organization_id, d.position, d.event_id, d.urgency, d.attempts, d.first_attempt_at,
              c.channel, c.endpoint, c.secret, c.previous_secret, c.failing_since, c.is_last, e.body
    """,
    now=TIME,
    lease_until=TIME,
    limit=Integer(),
    channels=TEXTS,
    is_slow=Boolean(),
    each_subscription=Integer(),
    each_organization=Integer(),
    subscriptions=UUIDS,
    subscription_loads=INTEGERS,
    slow_ones=ARRAY(Boolean),
    organizations=UUIDS,
    organization_loads=INTEGERS,
)
"""`busy` hops over the index from subscription to subscription: a backlog of one costs the others nothing. Its ORDER BY
is that of `ix_deliveries_due`: with less the planner walks the primary key, history included. Organizations take turns:
of what is equally urgent each one's first comes before anybody's second, and none has more than its share of the lane.
Only the oldest pending delivery of a subject is a candidate: order per subject; the comparison with `min` is one index
probe a row, as NOT EXISTS it would become a join over the backlog. Several replicas share the work by SKIP LOCKED;
whoever dies with a lease leaves it to the others when it ends. To a subscription that is paused or over only what is
about itself (its subject) is due: a change, a test, its end. To ask for that here would cost the order of the index."""

SETTLE = statement(
    """
    WITH settled AS (
        SELECT *
        FROM unnest(:subscription_ids, :positions, :statuses, :next_attempts, :status_codes, :errors)
          AS r(subscription_id, position, status, next_attempt_at, status_code, error)
    ), again AS (
        SELECT subscription_id, status
        FROM subscriptions
        WHERE subscription_id IN (SELECT subscription_id FROM settled WHERE status = 'pending')
        ORDER BY subscription_id
        FOR NO KEY UPDATE
    )
    UPDATE deliveries d
    SET status = r.status, last_status_code = r.status_code, last_error = r.error,
        settled_at = CASE WHEN r.status <> 'pending' THEN :at END,
        next_attempt_at = CASE WHEN s.status <> 'paused' OR d.subject = s.subscription_id THEN r.next_attempt_at END
    FROM settled r
    LEFT JOIN again s ON s.subscription_id = r.subscription_id
    WHERE d.subscription_id = r.subscription_id AND d.position = r.position AND d.status = 'pending'
    """,
    at=TIME,
    subscription_ids=UUIDS,
    positions=BIGINTS,
    statuses=TEXTS,
    next_attempts=TIMES,
    status_codes=INTEGERS,
    errors=TEXTS,
)
"""What is tried again waits for who pauses its subscription at this moment, and is held then: `again` reads the status
under the lock that a pause takes, not as it was when this statement began."""


UNTOLD = statement(
    """
    SELECT e.organization_id, e.subject, e.position
    FROM feed_events e
    JOIN feeds f ON f.organization_id = e.organization_id AND f.audience = e.audience
    WHERE e.event_id = ANY(:event_ids) AND e.audience = 'agency' AND e.type = :offered
      AND f.read_position < e.position
      AND NOT EXISTS (
          SELECT FROM deliveries d JOIN subscriptions s ON s.subscription_id = d.subscription_id
          WHERE d.event_id = e.event_id
            AND (d.status = 'delivered' OR d.status = 'pending' AND s.status IN ('active', 'unverified'))
      )
    """,
    event_ids=UUIDS,
)

LAST = statement(
    """
    INSERT INTO deliveries (subscription_id, position, event_id, subject, urgency, status, attempts, next_attempt_at)
    SELECT r.subscription_id, r.position, r.event_id, r.subscription_id, r.urgency, 'pending', 0,
           greatest(CAST(:at AS timestamptz), (
               SELECT max(d.last_attempt_at) + :lease FROM deliveries d
               WHERE d.subscription_id = r.subscription_id AND d.status = 'dropped' AND d.settled_at = :at
           ))
    FROM unnest(:subscription_ids, :positions, :event_ids, :urgencies)
      AS r(subscription_id, position, event_id, urgency)
    """,
    at=TIME,
    lease=Interval(),
    subscription_ids=UUIDS,
    positions=BIGINTS,
    event_ids=UUIDS,
    urgencies=INTEGERS,
)
"""What was dropped at this very moment may be under way until its lease ends: the end of a subscription comes last."""
