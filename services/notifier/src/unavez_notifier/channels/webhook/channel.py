"""Webhooks: CloudEvents over HTTP (POST), signed as Standard Webhooks says, to addresses the policy permits."""

from __future__ import annotations

import time
from typing import ClassVar

from unavez_notifier.channels.channel import Answer, Outgoing
from unavez_notifier.channels.webhook.addresses import AddressPolicy, check_endpoint
from unavez_notifier.channels.webhook.client import WebhookClient
from unavez_notifier.channels.webhook.signatures import signature_headers
from unavez_notifier.settings import Settings
from unavez_shared.contracts.errors import Fault, InvalidInputError


class Webhook:
    """The channel `webhook`: its address is a URL."""

    name: ClassVar[str] = "webhook"
    leaves_trace: ClassVar[bool] = True

    def __init__(self, settings: Settings) -> None:
        self._policy = AddressPolicy(tuple(settings.webhook_allow_networks))
        self._client = WebhookClient(self._policy, public_url=settings.public_url)

    def check(self, address: str | None) -> str:
        """Return the URL as given. Raises `InvalidInputError`: `required`, or what `check_endpoint` says."""
        if address is None:
            raise InvalidInputError([Fault("/endpoint", "required")])
        return check_endpoint(address, self._policy)

    async def verify(self, address: str) -> bool:
        """Ask by OPTIONS (CloudEvents web hooks). Never raises."""
        return await self._client.handshake(address)

    async def deliver(self, outgoing: Outgoing) -> Answer:
        """Sign the bytes and POST them. Never raises."""
        headers = signature_headers(
            outgoing.event_id,
            outgoing.body,
            timestamp=int(time.time()),  # the true time, whatever the service's clock says: receivers compare it
            keys=outgoing.keys,
        )
        return await self._client.deliver(outgoing.address, headers, outgoing.body)

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.close()
