"""`python -m unavez_<service>.main [serve|migrate|openapi|--help|--version]`: one service as its own process."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final, TypeVar

from pydantic import ValidationError

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import CASE_KEY_HOLDERS, KEYS_DATABASE, Service
from unavez_shared.environment import unknown
from unavez_shared.observability.log import configure, logger
from unavez_shared.settings import ServiceSettings
from unavez_shared.version import VERSION
from unavez_shared.web.composition import ServiceApp, compose
from unavez_shared.web.openapi import document
from unavez_shared.web.serving import refuse, run, serve

__all__ = ["ServiceApp", "compose", "main", "run", "serve"]

S = TypeVar("S", bound=ServiceSettings)

_VERBS: Final = {
    "serve": "sirve HTTP y trabaja en segundo plano; si no se da otro / HTTP and background work; the default",
    "migrate": "lleva la base de datos a su último esquema / brings the database to its newest schema",
    "openapi": "imprime el documento OpenAPI / prints the OpenAPI document",
}


def main(package: str) -> None:
    """Run the verb of the command line for the service in `package`.

    `serve` (default) serves the service under its path, `migrate` brings its database to the newest schema, `openapi`
    prints its document and needs no settings. What cannot be honoured, a protocol pack with a mistake included, is
    one line and exit code 2.
    """
    verb = _verb(package)
    try:
        # Not before: the modules read the protocol pack when they are imported.
        app, settings_type = import_module(f"{package}.app"), import_module(f"{package}.settings").Settings
        if verb == "openapi":
            sys.stdout.buffer.write(document(app.create_document_app()))
            return
        settings = read_settings(settings_type)
        configure(settings.log_level)
        for name, near in unknown():
            logger(__name__).warning("unknown_setting", name=name, nearest=near)
        if verb == "migrate":
            run(_migrate(settings, package))
            return
        service = app.create_service(settings)
    except StartupError as error:
        refuse(str(error))
    metrics = (settings.metrics_host, settings.metrics_port)
    serve(compose([service]), [service], settings.host, settings.port, metrics=metrics)


def _verb(package: str) -> str:
    """Return the verb of the command line. Ends the process after `--help`, `--version` and what is no verb."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {package}.main",
        description="\n".join(f"{verb:<8} {what}" for verb, what in _VERBS.items()),
        epilog="Ajustes / settings: UNAVEZ_*, docs/settings.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", nargs="?", default="serve", metavar=" | ".join(_VERBS))
    parser.add_argument("--version", action="version", version=f"{package} {VERSION}")
    verb: str = parser.parse_args().verb
    if verb not in _VERBS:
        refuse(" | ".join(_VERBS))
    return verb


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
        wrong = ", ".join(f"UNAVEZ_{str(part['loc'][0]).upper()} ({part['type']})" for part in details)
        refuse(f"{wrong}. Corríjalo: docs/settings.md dice qué vale / correct it: docs/settings.md says what is valid")


def _service_of(package: str) -> Service:
    return next(service for service in Service if f"unavez_{service.value.replace('-', '_')}" == package)
