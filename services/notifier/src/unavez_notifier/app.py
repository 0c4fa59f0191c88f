"""The composition root of the notifier: what it is made of, in the order it starts."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import FastAPI

from unavez_notifier.adapters.delivery_engine import DeliveryEngine
from unavez_notifier.adapters.feed_watch import FeedWatch
from unavez_notifier.adapters.handshake_engine import HandshakeEngine
from unavez_notifier.adapters.measures import waiting
from unavez_notifier.adapters.pseudonyms import KekPseudonyms
from unavez_notifier.adapters.secret_box import KekSecretBox
from unavez_notifier.adapters.signal import Signal
from unavez_notifier.adapters.unit_of_work import NotifierWork, Wakes, transactions
from unavez_notifier.adapters.webhook_client import WebhookClient
from unavez_notifier.api import event_schemas, events, subscription_care, webhooks
from unavez_notifier.api import subscriptions as subscription_routes
from unavez_notifier.api.resources import Resources
from unavez_notifier.domain.endpoints import AddressPolicy
from unavez_notifier.messaging.subscriptions import subscriptions
from unavez_notifier.settings import Settings
from unavez_notifier.use_cases.end_frontline_subscriptions import end_frontline_subscriptions
from unavez_notifier.use_cases.ports import SecretBox, Transactions
from unavez_shared.clock import Clock
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import Foundation
from unavez_shared.messaging.bus import Bus
from unavez_shared.runtime import Loop
from unavez_shared.web.app import create_app, describe
from unavez_shared.web.at_once import AtOnce
from unavez_shared.web.server import ServiceApp
from unavez_shared.web.tokens import TokenVerifier
from unavez_shared.web.waiting import WAITS

SERVICE = Service.NOTIFIER
TITLE = "Unavez: avisos / notifier"
ROUTERS = (events.router, event_schemas.router, subscription_routes.router, subscription_care.router)


def create_service(settings: Settings, *, bus: Bus | None = None, clock: Clock | None = None) -> ServiceApp:
    """Compose the notifier: inbox into feeds, feeds to subscriptions, two loops that speak HTTP.

    Raises StartupError when a setting promises what cannot be honoured.
    """
    ground = Foundation.lay(SERVICE, settings, bus, clock)
    wakes = Wakes(deliveries=Signal(), handshakes=Signal(), readers=FeedWatch(ground.database.engine))
    public_url = settings.public_url
    opened = transactions(ground.database, wakes, public_url)
    secrets, pseudonyms = KekSecretBox(settings.kek_file), KekPseudonyms(settings.kek_file)
    policy = AddressPolicy(tuple(settings.webhook_allow_networks))
    heard = subscriptions(
        within=partial(NotifierWork, wakes=wakes, public_url=public_url),
        clock=ground.clock,
        public_url=public_url,
        pseudonyms=pseudonyms,
        demo=settings.demo,
    )
    runtime = ground.runtime(
        "unavez_notifier",
        inbox=ground.inbox(heard),
        loops=(_webhooks(opened, wakes, settings, secrets=secrets, policy=policy, clock=ground.clock),),
        checks=(
            secrets.check,
            partial(end_frontline_subscriptions, transactions=opened, clock=ground.clock, demo=settings.demo),
        ),
        probes=(waiting(),),
    )
    app = create_app(
        SERVICE,
        title=TITLE,
        settings=settings,
        runtime=runtime,
        routers=ROUTERS,
        webhooks=webhooks.router,
        verifier=TokenVerifier.from_settings(settings),
        resources=Resources(
            transactions=opened,
            watch=wakes.readers,
            secrets=secrets,
            pseudonyms=pseudonyms,
            policy=policy,
            clock=ground.clock,
            stopping=runtime.stopping,
            waits=AtOnce(WAITS),
            demo=settings.demo,
        ),
    )
    return ServiceApp(SERVICE, app, runtime)


def create_document_app() -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database."""
    return describe(SERVICE, title=TITLE, routers=ROUTERS, webhooks=webhooks.router)


def _webhooks(
    opened: Transactions,
    wakes: Wakes,
    settings: Settings,
    *,
    secrets: SecretBox,
    policy: AddressPolicy,
    clock: Clock,
) -> Loop:
    """Return the loop that verifies endpoints and delivers to them over one set of connections."""

    async def run(stopping: asyncio.Event) -> None:
        client = WebhookClient(policy, public_url=settings.public_url)
        handshakes = HandshakeEngine(
            transactions=opened, endpoints=client, clock=clock, signal=wakes.handshakes, demo=settings.demo
        )
        deliveries = DeliveryEngine(
            transactions=opened,
            endpoints=client,
            secrets=secrets,
            clock=clock,
            signal=wakes.deliveries,
            demo=settings.demo,
        )
        try:
            await asyncio.gather(handshakes.run(stopping), deliveries.run(stopping))
        finally:
            await client.close()

    return run
