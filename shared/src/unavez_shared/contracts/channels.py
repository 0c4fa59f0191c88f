"""The ways out for an organization's events, by the names of the contract. Which are built, the notifier says."""

from __future__ import annotations

from typing import Final

CHANNEL_NAMES: Final = ("webhook", "amqp", "email")
"""What a subscription may ask for, in this order in the API; also every value the metric label `channel` may have."""
