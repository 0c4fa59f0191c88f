"""What the router counts beside what every service does."""

from __future__ import annotations

from typing import Final

from unavez_shared.contracts.services import Service
from unavez_shared.observability.metrics import Counter

OFFERS_UNANSWERED: Final = Counter(
    "unavez_offers_unanswered_total", "Offers nobody answered in time; each went to the next candidate.", ("service",)
).labels(Service.REFERRAL_ROUTER.value)
