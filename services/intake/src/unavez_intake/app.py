"""The composition root of intake: what exists, what it is given, and in which order it starts and stops."""

from __future__ import annotations

from fastapi import FastAPI

from unavez_intake.adapters.digests import Digests
from unavez_intake.adapters.intakes import IntakeStore
from unavez_intake.adapters.new_cases import NewCases
from unavez_intake.adapters.packets import PacketStore
from unavez_intake.adapters.referrals import ReferralStore
from unavez_intake.adapters.stores import Stores
from unavez_intake.api import intakes, packets, reference, sheets
from unavez_intake.api.resources import Resources
from unavez_intake.messaging.subscriptions import subscriptions
from unavez_intake.settings import Settings
from unavez_shared.clock import Clock
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import CaseVault, Foundation
from unavez_shared.loops import Signal
from unavez_shared.messaging.bus import Bus
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.web.app import create_app, describe
from unavez_shared.web.server import ServiceApp
from unavez_shared.web.tokens import TokenVerifier
from unavez_shared.web.waiting import Arrivals

SERVICE = Service.INTAKE
TITLE = "Unavez: registro de entrevistas / intake"
ROUTERS = (intakes.router, packets.router, sheets.router, reference.router)


def create_service(settings: Settings, *, bus: Bus | None = None, clock: Clock | None = None) -> ServiceApp:
    """Compose intake. Raises StartupError when a setting promises what cannot be honoured."""
    ground = Foundation.lay(SERVICE, settings, bus, clock)
    kek = KeyEncryptionKey.from_file(settings.kek_file)
    vault = CaseVault.open(settings, kek, SERVICE)
    stores = Stores(
        intakes=IntakeStore(vault.keys),
        packets=PacketStore(ground.database, vault.keys),
        referrals=ReferralStore(vault.keys),
        keys=vault.keys,
        digests=Digests(kek),
        new_cases=NewCases(settings.usual_new_cases),
        duty_organization=settings.duty_organization,
        demo=settings.demo,
    )
    inbox = ground.inbox(subscriptions(stores))
    heard = Signal()
    inbox.call_after_commit(heard.send)
    runtime = ground.runtime(
        "unavez_intake",
        inbox=inbox,
        # The reservoir of case keys is filled last, when everything else is known to be in order.
        checks=(vault.check, vault.keys.warm),
        closers=(vault.close,),
    )
    app = create_app(
        SERVICE,
        title=TITLE,
        settings=settings,
        runtime=runtime,
        routers=ROUTERS,
        verifier=TokenVerifier.from_settings(settings),
        resources=Resources(
            database=ground.database,
            stores=stores,
            arrivals=Arrivals(stores.packets.known, wake=heard, stopping=runtime.stopping),
            public_url=settings.public_url,
            demo=settings.demo,
        ),
    )
    return ServiceApp(SERVICE, app, runtime)


def create_document_app() -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database."""
    return describe(SERVICE, title=TITLE, routers=ROUTERS)
