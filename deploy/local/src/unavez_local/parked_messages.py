"""The inbox of a service that is not running here, for an operator's look at what is parked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from unavez_local.composition import Installation
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import Ledger
from unavez_shared.messaging.inbox import Inbox


@asynccontextmanager
async def opened(installation: Installation, service: Service) -> AsyncIterator[Inbox]:
    """Yield the service's inbox without handlers: it lists, marks for retry and discards, and applies nothing."""
    ledger = Ledger.open(service, installation.settings(service))
    try:
        yield Inbox(service, ledger.database, ledger.codec, {})
    finally:
        await ledger.database.close()
