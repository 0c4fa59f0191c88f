"""`python -m unavez_<service>.main [serve|migrate|openapi]`: one service as its own process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import TypeVar

from pydantic import ValidationError

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import CASE_KEY_HOLDERS, KEYS_DATABASE, Service
from unavez_shared.observability.log import configure
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.composition import ServiceApp, compose
from unavez_shared.web.openapi import document
from unavez_shared.web.serving import refuse, run, serve

__all__ = ["ServiceApp", "compose", "main", "run", "serve"]

S = TypeVar("S", bound=ServiceSettings)


def main(package: str) -> None:
    """Run the verb of the command line for the service in `package`.

    `serve` (default) serves the service under its path, `migrate` brings its database to the newest schema, `openapi`
    prints its document and needs no settings. What cannot be honoured, a protocol pack with a mistake included, is
    one line and exit code 2.
    """
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if verb not in {"serve", "migrate", "openapi"}:
        refuse("serve | migrate | openapi")
    try:
        # Not before: the modules read the protocol pack when they are imported.
        app, settings_type = import_module(f"{package}.app"), import_module(f"{package}.settings").Settings
        if verb == "openapi":
            sys.stdout.buffer.write(document(app.create_document_app()))
            return
        settings = read_settings(settings_type)
        configure(settings.log_level)
        if verb == "migrate":
            run(_migrate(settings, package))
            return
        service = app.create_service(settings)
    except StartupError as error:
        refuse(str(error))
    metrics = (settings.metrics_host, settings.metrics_port)
    serve(compose([service]), [service], settings.host, settings.port, metrics=metrics)


async def _migrate(settings: ServiceSettings, package: str) -> None:
    from unavez_shared.persistence.migrations import upgrade  # noqa: PLC0415  (Alembic: no process that serves needs it)

    url = settings.database_url.get_secret_value()
    service = _service_of(package)
    if service in CASE_KEY_HOLDERS:  # they encrypt per case, so they migrate the database of keys too
        await upgrade(url, KEYS_DATABASE, "unavez_shared.privacy.keys")
    await upgrade(url, service.database, package)


def read_settings(settings_type: Callable[[], S]) -> S:
    """Return the settings of the environment. Ends the process, naming what is not valid, never its value."""
    try:
        return settings_type()
    except ValidationError as error:
        # Names and kinds only: the values may be secrets.
        details = error.errors(include_url=False, include_context=False, include_input=False)
        refuse(", ".join(f"UNAVEZ_{str(part['loc'][0]).upper()} ({part['type']})" for part in details))


def _service_of(package: str) -> Service:
    return next(service for service in Service if f"unavez_{service.value.replace('-', '_')}" == package)
