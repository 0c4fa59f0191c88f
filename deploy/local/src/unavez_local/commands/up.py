"""`unavez up`: PostgreSQL, the four services and, in a demo, a directory and tokens to try them with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from unavez_directory.operations import demo_bundle, import_directory, is_empty
from unavez_local.composition import Installation, build_services, create_keys, default_data_directory, migrate
from unavez_local.data_directory import DataDirectory
from unavez_local.front_page import front_page
from unavez_local.options import AmqpUrl, DatabaseUrl
from unavez_local.postgres import EmbeddedPostgres
from unavez_local.readiness import directory_has_arrived
from unavez_local.texts import DATA_DIR_HELP, err
from unavez_local.welcome import print_welcome
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.observability.log import configure, logger
from unavez_shared.web.server import compose, serve
from unavez_shared.web.serving import check_free
from unavez_shared.web.tokens import LocalIssuer

_LOOK_SECONDS = 0.5


def up(
    port: Annotated[int, typer.Option(help="Puerto HTTP / HTTP port.")] = 8000,
    data_dir: Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)] = None,
    real: Annotated[
        bool, typer.Option("--real", help="Datos reales: sin demostración ni tokens / real: no demo, no tokens.")
    ] = False,
    amqp_url: AmqpUrl = None,
    database_url: DatabaseUrl = None,
    public_url: Annotated[
        str | None, typer.Option(envvar="UNAVEZ_PUBLIC_URL", help="URL pública / public URL.")
    ] = None,
    log_level: Annotated[
        str, typer.Option(envvar="UNAVEZ_LOG_LEVEL", help="Nivel de registro / log level.")
    ] = "WARNING",
) -> None:
    """Arranca todo en un proceso / start everything in one process. Ctrl-C detiene / stops."""
    configure(log_level.upper())
    check_free("127.0.0.1", port)
    data = DataDirectory.open_or_create(data_dir or default_data_directory(), real=real)
    with data.locked():
        keys = data.keys()
        issuer = create_keys(keys)
        with _database(data, database_url) as server:
            installation = Installation(
                data=data,
                keys=keys,
                database_url=server.url if server else str(database_url),
                amqp_url=amqp_url,
                port=port,
                public_url=public_url or f"http://127.0.0.1:{port}",
            )
            _prepare(installation)
            _serve(installation, issuer, server)


@contextmanager
def _database(data: DataDirectory, database_url: str | None) -> Iterator[EmbeddedPostgres | None]:
    if database_url is not None:
        yield None
        return
    server = EmbeddedPostgres(data.path)
    with err.status("PostgreSQL…"):
        server.start()
    try:
        yield server
    finally:
        server.stop()


def _prepare(installation: Installation) -> None:
    with err.status("Bases de datos / databases…") as status:
        asyncio.run(migrate(installation.database_url, lambda name: status.update(f"Base de datos / database {name}…")))
    if installation.data.demo:
        with err.status("Directorio ficticio / fictional directory…"):
            asyncio.run(_load_demo_directory(installation))


async def _load_demo_directory(installation: Installation) -> None:
    settings = installation.settings(Service.DIRECTORY)
    if await is_empty(settings):
        await import_directory(settings, demo_bundle())


def _serve(installation: Installation, local: LocalIssuer, server: EmbeddedPostgres | None) -> None:
    services = build_services(installation)
    # One process, one registry, one port, one issuer: any of the four settings says which.
    settings = installation.settings(Service.INTAKE)
    issuer = None if settings.oidc_issuer else local
    knows_the_directory = asyncio.Event()

    async def announce() -> None:
        await directory_has_arrived(installation, seconds=50)
        knows_the_directory.set()
        print_welcome(installation, issuer)
        if server is not None:
            await _keep_running(server)

    app = compose(
        services,
        extra_routes=[
            front_page(demo=installation.data.demo),
            *(issuer.routes(installation.public_url) if issuer else []),
        ],
        gates={"directory_arrived": knows_the_directory.is_set},
    )
    metrics = (settings.metrics_host, settings.metrics_port)
    serve(app, services, host="127.0.0.1", port=installation.port, metrics=metrics, after_start=announce)


async def _keep_running(server: EmbeddedPostgres) -> None:
    """Start PostgreSQL again when it dies under us: the services retry until it is back."""
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if server.pid() is None:
            logger(__name__).error("postgres_died")
            with suppress(StartupError):  # it may still hold its memory: look again
                await asyncio.to_thread(server.start)
