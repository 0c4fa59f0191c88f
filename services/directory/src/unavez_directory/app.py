"""The composition root of the directory: what it is made of, in the order it starts."""

from __future__ import annotations

from fastapi import FastAPI

from unavez_directory.adapters.public_reader import PublicReader
from unavez_directory.adapters.store import DirectoryStore
from unavez_directory.adapters.stores import Stores
from unavez_directory.api import (
    capacity,
    hsds_organizations,
    hsds_root,
    hsds_schema,
    hsds_services,
    hsds_taxonomies,
    imports,
)
from unavez_directory.api.resources import Resources
from unavez_directory.api.turns import Turns
from unavez_directory.messaging.publishing import PublishAgain
from unavez_directory.messaging.subscriptions import subscriptions
from unavez_directory.settings import Settings
from unavez_shared.clock import Clock
from unavez_shared.contracts.services import Service
from unavez_shared.foundation import Foundation
from unavez_shared.messaging.bus import Bus
from unavez_shared.web.app import create_app, describe
from unavez_shared.web.server import ServiceApp
from unavez_shared.web.tokens import TokenVerifier

SERVICE = Service.DIRECTORY
TITLE = "Unavez: directorio / directory"
ROUTERS = (
    hsds_root.router,
    hsds_schema.router,
    hsds_services.router,
    hsds_organizations.router,
    hsds_taxonomies.router,
    capacity.router,
    imports.router,
)


def create_service(settings: Settings, *, bus: Bus | None = None, clock: Clock | None = None) -> ServiceApp:
    """Compose the directory. It consumes nothing, so there is no inbox: a database, a relay, a sealer.

    Raises StartupError when a setting promises what cannot be honoured.
    """
    ground = Foundation.lay(SERVICE, settings, bus, clock)
    stores = Stores(DirectoryStore(), demo=settings.demo)
    again = PublishAgain(ground.database, stores)
    runtime = ground.runtime("unavez_directory", inbox=ground.inbox_if_any(subscriptions()), loops=(again.run,))
    app = create_app(
        SERVICE,
        title=TITLE,
        settings=settings,
        runtime=runtime,
        routers=ROUTERS,
        verifier=TokenVerifier.from_settings(settings),
        resources=Resources(
            database=ground.database,
            reader=PublicReader(ground.database.engine),
            stores=stores,
            demo=settings.demo,
            public_url=settings.public_url,
            turns=Turns(),
        ),
    )
    return ServiceApp(SERVICE, app, runtime)


def create_document_app() -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database."""
    return describe(SERVICE, title=TITLE, routers=ROUTERS)
