"""Which secret lies where: one folder a service with what it alone may read.

environment                      who owns the files, and what the operator sets; for COMPOSE_ENV_FILES
jwks.json                        public keys of the local token issuer
issuer/issuer.json               its private key: in no container
postgres/{password,pgpass,roles.sql}   rabbitmq/definitions.json
<service>/owner-url              the migration's database role
<service>/{database-url,amqp-url,audit.key}   and kek.json, but not the directory's
<service>/events/sealing/        the key families it speaks or hears, and no other (SAFETY N5)
<service>/events/signing/        its own private key, everybody's public ones (SAFETY N6)
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from unavez_containers import broker, roles
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.audit import create_audit_key
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.sealing import create_key_material
from unavez_shared.web.tokens import LocalIssuer

KEK_HOLDERS: Final = (Service.INTAKE, Service.REFERRAL_ROUTER, Service.NOTIFIER)
"""Each has one of its own: none can unwrap what another wrapped."""
CONTAINER_USER: Final = 10001
"""The user of the images."""


def create(target: Path) -> None:
    """Create every secret of an installation at `target`, all of them or none. Raises StartupError when it exists."""
    if target.exists():
        raise StartupError(f"{target} ya existe, no se toca / exists already and is left alone")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _fill(draft)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _fill(root: Path) -> None:
    passwords = {name: secrets.token_urlsafe(32) for service in Service for name in _roles(service)}
    broker_passwords = {service: secrets.token_urlsafe(32) for service in Service}
    superuser = secrets.token_urlsafe(32)
    _write(root / "postgres" / "password", superuser)
    _write(root / "postgres" / "pgpass", f"postgres:5432:*:postgres:{superuser}\n")
    _write(root / "postgres" / "roles.sql", roles.script(passwords))
    # Hashes only, and the broker's own user has to read it.
    definitions = orjson.dumps(broker.definitions(broker_passwords), option=orjson.OPT_INDENT_2)
    _write(root / "rabbitmq" / "definitions.json", definitions.decode(), mode=0o644)
    (root / "issuer").mkdir(mode=0o700)
    LocalIssuer(root / "issuer" / "issuer.json").write_jwks(root / "jwks.json")
    (root / "jwks.json").chmod(0o644)
    for service in Service:
        own = root / service.value
        _write(own / "owner-url", _database_url(roles.owner_of(service), passwords))
        _write(own / "database-url", _database_url(roles.role_of(service), passwords))
        login = f"{broker.user_name(service)}:{broker_passwords[service]}"
        _write(own / "amqp-url", f"amqp://{login}@rabbitmq:5672/{broker.VHOST}")
        create_audit_key(own / "audit.key")
        if service in KEK_HOLDERS:
            KeyEncryptionKey.create_file(own / "kek.json")
    _distribute_event_keys(root)
    _give_to_container_user(root)


def _distribute_event_keys(root: Path) -> None:
    """Give each service its families and keep no other copy: one that nobody advances would never die."""
    whole = root / ".events"
    create_key_material(whole, day=datetime.now(UTC).date())
    for service in Service:
        names = [f"sealing/{family}.json" for family in families_of(service)]
        names += [f"signing/{service.value}.private.jwk", *(f"signing/{each.value}.public.jwk" for each in Service)]
        for name in names:
            _write(root / service.value / "events" / name, (whole / name).read_text(encoding="ascii"))
    shutil.rmtree(whole)


def _give_to_container_user(root: Path) -> None:
    """Write down whose the files are; as root, give them to the user of the images first."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        user = group = CONTAINER_USER
        for path in [root, *root.rglob("*")]:
            os.chown(path, user, group)
    _write(root / "environment", f"UNAVEZ_UID={user}\nUNAVEZ_GID={group}\n", mode=0o644)


def _roles(service: Service) -> tuple[str, str]:
    return roles.owner_of(service), roles.role_of(service)


def _database_url(role: str, passwords: dict[str, str]) -> str:
    return f"postgresql://{role}:{passwords[role]}@postgres:5432/postgres"


def _write(path: Path, content: str, mode: int = 0o600) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask says
        file.write(content)
