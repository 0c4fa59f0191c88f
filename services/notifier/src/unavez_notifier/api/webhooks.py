"""OpenAPI `webhooks`: the request an endpoint receives, one for each kind of event. Described here, served nowhere."""
# No `from __future__ import annotations`: the body's model is an argument of a function.

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Header

from unavez_notifier.api.envelopes import ENVELOPES, Envelope
from unavez_notifier.api.event_schemas import SCHEMAS, example_of
from unavez_notifier.domain.team_events import OF_TEAM
from unavez_shared.web.openapi import webhook_id_of

MEDIA_TYPE = "application/cloudevents+json"

_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "Received: every 2xx within ten seconds"},
    410: {"description": "Ends the subscription"},
    "default": {"description": "Tried again, for three days"},
}
_TIMESTAMP = "Seconds since 1970, the true time of this attempt; refuse what is older than five minutes"
_SIGNATURE = (
    "Standard Webhooks: space-separated `v1,` + base64 of HMAC-SHA256 over id.timestamp.body; one of them has to fit"
)


def _described() -> APIRouter:
    router = APIRouter(tags=["webhooks"], generate_unique_id_function=webhook_id_of)
    for name, event in SCHEMAS.items():
        short = event.kind.removeprefix("pe.unavez.").removesuffix(".v1")
        router.post(
            f"{short}{OF_TEAM}" if name.endswith(OF_TEAM) else short,
            summary=event.summary,
            status_code=204,
            responses=_ANSWERS,
        )(_receiver(name, ENVELOPES[event.model]))
    return router


def _receiver(name: str, envelope: type[Envelope]) -> Callable[..., Awaitable[None]]:
    async def receive(
        event: Annotated[
            envelope,  # type: ignore[valid-type]
            Body(media_type=MEDIA_TYPE, openapi_examples={"event": {"value": example_of(name)}}),
        ],
        webhook_id: Annotated[
            UUID, Header(alias="webhook-id", description="The event's `id`, the same on every attempt")
        ],
        webhook_timestamp: Annotated[str, Header(alias="webhook-timestamp", description=_TIMESTAMP)],
        webhook_signature: Annotated[str, Header(alias="webhook-signature", description=_SIGNATURE)],
    ) -> None:
        """Verify the signature over the bytes as they came, then answer 2xx; drop an `id` seen before."""

    return receive


router = _described()
