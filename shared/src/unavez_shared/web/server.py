"""`python -m unavez_<service>.main [serve|migrate|openapi]`: one service as its own process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final, TypeVar

from pydantic import ValidationError

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.observability.log import configure
from unavez_shared.persistence.migrations import upgrade
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.composition import ServiceApp, compose
from unavez_shared.web.openapi import document
from unavez_shared.web.serving import refuse, run, serve

__all__ = ["ServiceApp", "compose", "main", "run", "serve"]

_CASE_KEY_HOLDERS: Final = frozenset({Service.INTAKE, Service.REFERRAL_ROUTER})
"""They encrypt per case, so they migrate the database of keys too."""

S = TypeVar("S", bound=ServiceSettings)


def main(create_service: Callable[[S], ServiceApp], settings_type: Callable[[], S], package: str) -> None:
    """Run the verb of the command line.

    `serve` (default) serves the service under its path, `migrate` brings its database to the newest schema, `openapi`
    prints its document and needs no settings. A configuration that cannot be honoured prints one line and exits 2.
    """
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    if verb == "openapi":
        sys.stdout.buffer.write(document(import_module(f"{package}.app").create_document_app()))
        return
    if verb not in {"serve", "migrate"}:
        refuse("serve | migrate | openapi")
    settings = _read(settings_type)
    configure(settings.log_level)
    if verb == "migrate":
        run(_migrate(settings, package))
    else:
        _serve(create_service, settings)


def _serve(create_service: Callable[[S], ServiceApp], settings: S) -> None:
    try:
        service = create_service(settings)
    except StartupError as error:
        refuse(str(error))
    metrics = (settings.metrics_host, settings.metrics_port)
    serve(compose([service]), [service], settings.host, settings.port, metrics=metrics)


async def _migrate(settings: ServiceSettings, package: str) -> None:
    url = settings.database_url.get_secret_value()
    service = _service_of(package)
    if service in _CASE_KEY_HOLDERS:
        await upgrade(url, KEYS_DATABASE, "unavez_shared.privacy.keys")
    await upgrade(url, service.database, package)


def _read(settings_type: Callable[[], S]) -> S:
    try:
        return settings_type()
    except ValidationError as error:
        # Names and kinds only: the values may be secrets.
        details = error.errors(include_url=False, include_context=False, include_input=False)
        refuse(", ".join(f"UNAVEZ_{str(part['loc'][0]).upper()} ({part['type']})" for part in details))


def _service_of(package: str) -> Service:
    return next(service for service in Service if f"unavez_{service.value.replace('-', '_')}" == package)
