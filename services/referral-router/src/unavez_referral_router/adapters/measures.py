"""What the router measures beside what every service does: clocks that run late, cases that wait for a coordinator."""

from __future__ import annotations

from typing import Final

from unavez_referral_router.domain.referrals.deadlines import VITAL_CALL_AFTER
from unavez_shared.contracts.services import Service
from unavez_shared.observability.metrics import Gauge
from unavez_shared.observability.probe import Probe

_SERVICE: Final = Service.REFERRAL_ROUTER.value

_LATE: Final = Gauge(
    "unavez_timers_late",
    "Offers whose time has come and that nobody has looked at yet: to expire (answer), to call (call).",
    ("service", "timer"),
)
_LATE_SECONDS: Final = Gauge(
    "unavez_timers_late_seconds", "By how much the latest of them is late.", ("service", "timer")
)
_WAITING: Final = Gauge(
    "unavez_coordinator_cases",
    "Cases of which nothing leaves before a coordinator confirms: more new ones came than usual.",
    ("service",),
)
_WAITING_SECONDS: Final = Gauge(
    "unavez_coordinator_cases_oldest_age_seconds", "How long the oldest of them has been waiting.", ("service",)
)

LATE: Final = f"""
WITH answer AS (
    SELECT respond_by AS due_at FROM referrals
    WHERE status = 'requested' AND escalated_at IS NULL AND respond_by <= :now
    ORDER BY respond_by LIMIT :limit
), call AS (
    SELECT offered_at + interval '{VITAL_CALL_AFTER.total_seconds()} seconds' AS due_at FROM referrals
    WHERE status = 'requested' AND basis = 'vital_interest' AND called_at IS NULL
      AND offered_at <= :now - interval '{VITAL_CALL_AFTER.total_seconds()} seconds'
    ORDER BY offered_at LIMIT :limit
)
SELECT
    (SELECT count(*) FROM answer) AS answers,
    (SELECT extract(epoch FROM :now - min(due_at)) FROM answer) AS answer_seconds,
    (SELECT count(*) FROM call) AS calls,
    (SELECT extract(epoch FROM :now - min(due_at)) FROM call) AS call_seconds
"""  # noqa: S608  (made of our own constants)
"""Both on the partial indexes the timer itself uses; the doctor asks the same."""


def timers() -> Probe:
    """Return the probe of the timers."""
    return Probe(
        LATE,
        {
            "answers": _LATE.labels(_SERVICE, "answer"),
            "answer_seconds": _LATE_SECONDS.labels(_SERVICE, "answer"),
            "calls": _LATE.labels(_SERVICE, "call"),
            "call_seconds": _LATE_SECONDS.labels(_SERVICE, "call"),
        },
    )


WAITING: Final = """
WITH waiting AS (
    SELECT waits_since FROM plans
    WHERE waits_since IS NOT NULL
      AND EXISTS (SELECT FROM referrals WHERE referrals.plan_id = plans.plan_id AND referrals.status = 'draft')
    ORDER BY waits_since LIMIT :limit
)
SELECT count(*) AS cases, min(waits_since) AS since, extract(epoch FROM :now - min(waits_since)) AS seconds
FROM waiting
"""
"""On the partial index of the plans that wait; the doctor asks the same. What a coordinator ended waits no more."""


def held_cases() -> Probe:
    """Return the probe of the cases that wait for a coordinator."""
    return Probe(WAITING, {"cases": _WAITING.labels(_SERVICE), "seconds": _WAITING_SECONDS.labels(_SERVICE)})
