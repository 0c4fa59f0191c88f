"""The composition root of the notifier: what it is made of, in the order it starts."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from unavez_notifier.adapters.deliveries import DeliveryStore
from unavez_notifier.adapters.feed_watch import FeedWatch
from unavez_notifier.adapters.feeds import FeedStore
from unavez_notifier.adapters.measures import waiting
from unavez_notifier.adapters.pseudonyms import KekPseudonyms
from unavez_notifier.adapters.secret_box import SecretBox
from unavez_notifier.adapters.services import ServiceStore
from unavez_notifier.adapters.stores import Stores, Wakes
from unavez_notifier.adapters.subscriptions import SubscriptionStore
from unavez_notifier.api import event_schemas, events, subscription_care, webhooks
from unavez_notifier.api import subscriptions as subscription_routes
from unavez_notifier.api.resources import Resources
from unavez_notifier.channels.registry import NAMES, open_channels
from unavez_notifier.messaging.delivery_engine import DeliveryEngine
from unavez_notifier.messaging.handshake_engine import HandshakeEngine
from unavez_notifier.messaging.subscriptions import subscriptions
from unavez_notifier.settings import Settings
from unavez_notifier.use_cases.end_subscriptions import end_frontline_subscriptions
from unavez_shared.clock import Clock
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import Foundation
from unavez_shared.loops import Signal
from unavez_shared.messaging.bus import Bus
from unavez_shared.persistence.database import Database
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
    """Compose the notifier: inbox into feeds, feeds to subscriptions, two loops that use the channels.

    Raises StartupError when a setting promises what cannot be honoured.
    """
    ground = Foundation.lay(SERVICE, settings, bus, clock)
    public_url = settings.public_url
    secrets, pseudonyms = SecretBox(settings.kek_file), KekPseudonyms(settings.kek_file)
    stores = Stores(
        feeds=FeedStore(public_url),
        subscriptions=SubscriptionStore(),
        deliveries=DeliveryStore(),
        services=ServiceStore(),
        secrets=secrets,
        channels=open_channels(settings),
        wakes=Wakes(deliveries=Signal(), handshakes=Signal(), readers=FeedWatch(ground.database.engine)),
        demo=settings.demo,
    )

    async def end_frontline() -> None:
        async with ground.database.transaction() as work:
            await end_frontline_subscriptions(work, stores)

    runtime = ground.runtime(
        "unavez_notifier",
        inbox=ground.inbox(subscriptions(stores, public_url=public_url, pseudonyms=pseudonyms)),
        loops=(_deliveries(ground.database, stores),),
        checks=(secrets.check, end_frontline),
        probes=tuple(waiting(name) for name in NAMES),
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
            database=ground.database,
            stores=stores,
            pseudonyms=pseudonyms,
            stopping=runtime.stopping,
            waits=AtOnce(WAITS),
            demo=settings.demo,
        ),
    )
    return ServiceApp(SERVICE, app, runtime)


def create_document_app() -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database."""
    return describe(SERVICE, title=TITLE, routers=ROUTERS, webhooks=webhooks.router)


def _deliveries(database: Database, stores: Stores) -> Loop:
    """Return the loop that verifies addresses and delivers to them, each by its channel."""
    handshakes, deliveries = HandshakeEngine(database, stores), DeliveryEngine(database, stores)

    async def run(stopping: asyncio.Event) -> None:
        try:
            await asyncio.gather(handshakes.run(stopping), deliveries.run(stopping))
        finally:
            await asyncio.gather(*(channel.close() for channel in stores.channels.values()))

    return run
