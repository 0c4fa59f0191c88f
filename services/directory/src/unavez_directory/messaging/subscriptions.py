"""THE table from event type to handler. The directory hears nobody: what it says comes from agencies and editors."""

from __future__ import annotations

from unavez_shared.messaging.subscriptions import Subscriptions


def subscriptions() -> Subscriptions:
    """Return no handlers."""
    return {}
