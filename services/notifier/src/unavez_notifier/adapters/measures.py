"""What the notifier counts beside what every service does: attempts by outcome, and what waits to be delivered."""

from __future__ import annotations

from typing import Final, Literal

from unavez_notifier.channels.registry import NAMES
from unavez_notifier.domain.urgency import Urgency
from unavez_shared.contracts.services import Service
from unavez_shared.observability.metrics import Counter, Gauge
from unavez_shared.observability.probe import Probe

_SERVICE: Final = Service.NOTIFIER.value

_ATTEMPTS: Final = Counter(
    "unavez_delivery_attempts_total",
    "Attempts to deliver, by what became of them (exhausted: three days are over; gone: the endpoint said 410).",
    ("service", "channel", "outcome"),
)
_PENDING: Final = Gauge(
    "unavez_deliveries_pending",
    "Deliveries not settled, held ones of unverified endpoints included; counted up to 100000.",
    ("service", "channel"),
)
_OLDEST_DUE: Final = Gauge(
    "unavez_deliveries_oldest_due_seconds",
    "How long the oldest due delivery of an endpoint that works has been waiting for us.",
    ("service", "channel"),
)
_FAILING: Final = Gauge(
    "unavez_endpoints_failing", "Endpoints whose last attempt failed; the rest of theirs waits.", ("service", "channel")
)

_OUTCOMES: Final = {
    (channel, became): _ATTEMPTS.labels(_SERVICE, channel, outcome)
    for channel in NAMES
    for became, outcome in {
        "delivered": "delivered",
        "pending": "retry",
        "exhausted": "exhausted",
        "gone": "gone",
        "fault": "fault",
    }.items()
}

_SQL: Final = f"""
SELECT
    (
        SELECT count(*) FROM (
            SELECT FROM deliveries d JOIN subscriptions s USING (subscription_id)
            WHERE d.status = 'pending' AND s.channel = :channel LIMIT :limit
        ) AS pending
    ) AS pending,
    (
        SELECT greatest(extract(epoch FROM :now - min(due.since)), 0)
        FROM subscriptions s
        CROSS JOIN LATERAL (
            SELECT min(head.next_attempt_at) AS since
            FROM unnest(ARRAY[{", ".join(str(urgency.value) for urgency in Urgency)}]) AS each(urgency)
            CROSS JOIN LATERAL (
                SELECT due.next_attempt_at FROM (
                    SELECT d.position, d.subject, d.next_attempt_at FROM deliveries d
                    WHERE d.subscription_id = s.subscription_id AND d.urgency = each.urgency
                      AND d.next_attempt_at <= :now
                    ORDER BY d.next_attempt_at, d.position LIMIT 1000
                ) AS due
                WHERE due.position = (
                    SELECT min(oldest.position) FROM deliveries oldest
                    WHERE oldest.subscription_id = s.subscription_id AND oldest.subject = due.subject
                      AND oldest.status = 'pending'
                )
                LIMIT 1
            ) AS head
        ) AS due
        WHERE s.channel = :channel AND s.status = 'active' AND s.failing_since IS NULL
    ) AS oldest_due,
    (
        SELECT count(*) FROM subscriptions
        WHERE channel = :channel AND status = 'active' AND failing_since IS NOT NULL
    ) AS failing
"""  # noqa: S608  (made of our own constants)
"""Of each subscription and urgency the first that CLAIM would take: only the oldest pending delivery of its subject.
What stands behind an event the endpoint refused waits for that event's retry, and so for the agency: no delay of ours.
On the indexes of CLAIM; the thousand that are due longest are read in their order, and compared until one is a head."""


def attempted(channel: str, became: Literal["delivered", "pending", "exhausted", "gone", "fault"]) -> None:
    """Count one attempt; `pending` = it will be tried again, `fault` = ours, not the receiver's."""
    _OUTCOMES[channel, became].inc()


def waiting(channel: str) -> Probe:
    """Return the probe of what waits to be delivered by a channel."""
    return Probe(
        _SQL,
        {
            "pending": _PENDING.labels(_SERVICE, channel),
            "oldest_due": _OLDEST_DUE.labels(_SERVICE, channel),
            "failing": _FAILING.labels(_SERVICE, channel),
        },
        {"channel": channel},
    )
