"""The composition root of the referral router: what exists, what it is given, in which order it starts and stops."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from fastapi import FastAPI

from unavez_referral_router.adapters.dossier_store import DossierStore
from unavez_referral_router.adapters.measures import held_cases, timers
from unavez_referral_router.adapters.projection import DirectoryProjection
from unavez_referral_router.adapters.reads import Reads
from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.adapters.work_changes import Writes
from unavez_referral_router.api import plans, preview, protocol, referrals, work
from unavez_referral_router.api.resources import Resources
from unavez_referral_router.domain.plan.planner import Planner
from unavez_referral_router.messaging.handlers import Handlers
from unavez_referral_router.messaging.subscriptions import subscriptions
from unavez_referral_router.messaging.watch import OfferWatch
from unavez_referral_router.settings import Settings
from unavez_referral_router.use_cases.adopt_cases import adopt_cases
from unavez_shared.clock import Clock
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import CaseVault, Foundation
from unavez_shared.loops import Signal
from unavez_shared.messaging.bus import Bus
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.protocol import load_pack
from unavez_shared.web.app import create_app, describe
from unavez_shared.web.server import ServiceApp
from unavez_shared.web.tokens import TokenVerifier
from unavez_shared.web.waiting import Arrivals

SERVICE = Service.REFERRAL_ROUTER
TITLE = "Unavez: derivaciones / referral router"
ROUTERS = (preview.router, plans.router, referrals.router, work.router, protocol.router)


def create_service(settings: Settings, *, bus: Bus | None = None, clock: Clock | None = None) -> ServiceApp:
    """Compose the referral router. Raises StartupError when a setting promises what cannot be honoured."""
    ground = Foundation.lay(SERVICE, settings, bus, clock)
    kek = KeyEncryptionKey.from_file(settings.kek_file)
    vault = CaseVault.open(settings, kek, SERVICE)
    stores = Stores(
        dossiers=DossierStore(vault.keys),
        reads=Reads(vault.keys),
        writes=Writes(),
        projection=DirectoryProjection(ground.database.engine),
        planner=Planner(load_pack(settings.protocol), kek.derive("preview-digest")),
        demo=settings.demo,
    )
    inbox = ground.inbox(subscriptions(Handlers(stores)))
    heard = Signal()
    inbox.call_after_commit(heard.send)

    async def planned(case_ids: Collection[UUID]) -> Collection[UUID]:
        async with ground.database.transaction() as work:
            return await stores.reads.known_cases(work, case_ids)

    async def adopt() -> None:
        async with ground.database.transaction() as work:
            await adopt_cases(settings.duty_organization, work, stores)

    runtime = ground.runtime(
        "unavez_referral_router",
        inbox=inbox,
        loops=(OfferWatch(ground.database, stores).run,),
        checks=(vault.check, adopt),
        closers=(vault.close,),
        probes=(timers(), held_cases()),
    )
    app = create_app(
        SERVICE,
        title=TITLE,
        settings=settings,
        runtime=runtime,
        routers=ROUTERS,
        verifier=TokenVerifier.from_settings(settings),
        resources=Resources(
            ground.database,
            stores,
            Arrivals(planned, wake=heard, stopping=runtime.stopping),
            settings.public_url,
            settings.demo,
        ),
    )
    return ServiceApp(SERVICE, app, runtime)


def create_document_app() -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database."""
    return describe(SERVICE, title=TITLE, routers=ROUTERS)
