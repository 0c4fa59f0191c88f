"""What `unavez doctor` examines: the installation as the other commands reach it, but never changed or made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from unavez_local.composition import PACKAGES, Installation, default_data_directory
from unavez_local.data_directory import DataDirectory
from unavez_local.postgres import ROLE, EmbeddedPostgres
from unavez_notifier import doctor as notifier
from unavez_referral_router import doctor as router
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.checks import CHECKS as SHARED
from unavez_shared.doctor.model import Check
from unavez_shared.doctor.target import Target

CHECKS: Final[tuple[Check, ...]] = (*SHARED, *router.CHECKS, *notifier.CHECKS)
"""Every check of a whole installation."""


@contextmanager
def examined(
    data_dir: Path | None,
    database_url: str | None,
    *,
    amqp_url: str | None = None,
    management_url: SecretStr | None = None,
    public_url: str | None = None,
) -> Iterator[Target]:
    """Yield what to examine. Its PostgreSQL is started for the moment when it is not running, never created.

    Raises StartupError when there is no installation at `data_dir`; ends when a setting is not valid.
    """
    data = DataDirectory.open(data_dir or default_data_directory())
    is_running = data.is_locked()
    with _database(data, database_url) as url:
        installation = Installation(data=data, keys=data.key_paths(), database_url=url, amqp_url=amqp_url)
        yield Target(
            packages=PACKAGES,
            settings=installation.settings(Service.INTAKE),
            kek_file=installation.keys.kek_file,
            issuer_file=installation.keys.issuer_file,
            data_directory=data.path,
            management_url=management_url,
            service_urls={each: public_url.rstrip("/") + each.path for each in Service} if public_url else {},
            is_running=is_running,
        )


@contextmanager
def _database(data: DataDirectory, database_url: str | None) -> Iterator[str]:
    if database_url is not None:
        yield database_url
        return
    server = EmbeddedPostgres(data.path)
    was_running = server.pid() is not None
    try:
        if server.exists() and not was_running:
            with suppress(StartupError):  # that it does not start is for the checks to say
                server.start()
        yield _url(server)
    finally:
        if was_running:
            server.release()
        elif not data.is_locked():  # an `up` that began meanwhile has adopted the server and goes on with it
            server.stop()


def _url(server: EmbeddedPostgres) -> str:
    try:
        return server.url
    except OSError:  # no password, no way in: the check says so
        return f"postgresql://{ROLE}@/postgres?host={server.cluster}"
