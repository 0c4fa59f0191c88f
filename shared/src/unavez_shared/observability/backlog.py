"""What waits in the plumbing tables every service has: outbox, parked messages, unsealed audit rows."""

from __future__ import annotations

from typing import Final

from unavez_shared.contracts.services import Service
from unavez_shared.observability.labels import REASONS
from unavez_shared.observability.metrics import Gauge
from unavez_shared.observability.probe import Probe

_OUTBOX: Final = Gauge("unavez_outbox_rows", "Events not yet safe on the bus; counted up to 100000.", ("service",))
_OUTBOX_AGE: Final = Gauge(
    "unavez_outbox_oldest_age_seconds", "How long the oldest of them has been waiting.", ("service",)
)
_AWAITED: Final = Gauge(
    "unavez_outbox_awaited_rows",
    "Events on the bus whose hearers have not said that they settled them; counted up to 100000.",
    ("service",),
)
_AWAITED_AGE: Final = Gauge(
    "unavez_outbox_awaited_oldest_age_seconds", "How long ago the oldest of them was made.", ("service",)
)
_PARKED: Final = Gauge("unavez_parked_messages", "Parked messages, by why they were parked.", ("service", "reason"))
_PARKED_AGE: Final = Gauge(
    "unavez_parked_oldest_age_seconds", "How long the oldest parked message has been there.", ("service",)
)
_PARKED_FOR_OPERATOR: Final = Gauge(
    "unavez_parked_for_operator", "Parked messages no machine will try again: a person has to look.", ("service",)
)
_UNSEALED: Final = Gauge("unavez_audit_unsealed_rows", "Audit rows above the newest seal.", ("service",))
_UNSEALED_AGE: Final = Gauge(
    "unavez_audit_oldest_unsealed_age_seconds", "How long the oldest of them has been unsealed.", ("service",)
)
_SEAL_AGE: Final = Gauge(
    "unavez_audit_last_seal_age_seconds", "Since the newest seal; old is well where nothing happens.", ("service",)
)

_COUNT_REASONS = ",\n".join(
    f"    count(*) FILTER (WHERE reason = '{reason}') AS {reason}" for reason in sorted(REASONS - {"handler_failed"})
)
_MADE_AGO = (
    "extract(epoch FROM clock_timestamp())"
    " - ('x' || lpad(replace(left(message_id, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0"
)
"""The outbox has no column for the time: a message's id is a UUIDv7, whose first 48 bits are its milliseconds."""
# A message that failed in its handler is parked under the name of the exception: an open vocabulary, folded into one.
_SQL = f"""
WITH parked_now AS (
    SELECT reason, parked_at, next_attempt_at FROM parked LIMIT :limit
), parked_sums AS (
    SELECT
{_COUNT_REASONS},
    count(*) FILTER (WHERE reason NOT IN ({", ".join(f"'{reason}'" for reason in sorted(REASONS))})) AS handler_failed,
    count(*) FILTER (WHERE next_attempt_at IS NULL) AS parked_for_operator,
    extract(epoch FROM :now - min(parked_at)) AS parked_age
    FROM parked_now
), seals AS (
    SELECT sealed_at, greatest(low, row_ids[cardinality(row_ids)]) AS up_to
    FROM audit_seals ORDER BY number DESC LIMIT 20
), sealed AS (
    SELECT coalesce(max(up_to), 0) AS up_to, extract(epoch FROM clock_timestamp() - max(sealed_at)) AS seal_age
    FROM seals
)
SELECT
    parked_sums.*,
    sealed.seal_age,
    (SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NULL LIMIT :limit) AS waiting) AS outbox_rows,
    (SELECT {_MADE_AGO} FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 1) AS outbox_age,
    (SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NOT NULL LIMIT :limit) AS sent) AS awaited_rows,
    (SELECT {_MADE_AGO} FROM outbox WHERE sent_at IS NOT NULL ORDER BY id LIMIT 1) AS awaited_age,
    (
        SELECT count(*)
        FROM (SELECT FROM audit WHERE audit.id > sealed.up_to LIMIT :limit) AS unsealed
    ) AS unsealed_rows,
    (
        SELECT extract(epoch FROM :now - audit.at)
        FROM audit WHERE audit.id > sealed.up_to ORDER BY audit.id LIMIT 1
    ) AS unsealed_age
FROM parked_sums, sealed
"""  # noqa: S608  (made of our own constants)


def backlog(service: Service) -> Probe:
    """Return the probe of one service's plumbing.

    A seal may hold only late ids, so what is sealed is read off the newest twenty.
    """
    name = service.value
    return Probe(
        _SQL,
        {
            "outbox_rows": _OUTBOX.labels(name),
            "outbox_age": _OUTBOX_AGE.labels(name),
            "awaited_rows": _AWAITED.labels(name),
            "awaited_age": _AWAITED_AGE.labels(name),
            "parked_age": _PARKED_AGE.labels(name),
            "parked_for_operator": _PARKED_FOR_OPERATOR.labels(name),
            "unsealed_rows": _UNSEALED.labels(name),
            "unsealed_age": _UNSEALED_AGE.labels(name),
            "seal_age": _SEAL_AGE.labels(name),
            **{reason: _PARKED.labels(name, reason) for reason in REASONS},
        },
    )
