"""The roles of PostgreSQL: two a service. The owner migrates; the other one, which serves, changes rows and no schema.

So whoever takes over a service cannot drop the triggers that keep its audit append-only, and cannot connect to the
database of another service. Passwords stand in the script as SCRAM verifiers only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

from unavez_shared.contracts.services import KEYS_DATABASE, Service

KEYS_OWNER: Final = f"{KEYS_DATABASE}_owner"
KEY_HOLDERS: Final = (Service.INTAKE, Service.REFERRAL_ROUTER)
"""They keep data keys, so both reach `unavez_keys`; neither can unwrap the other's."""
_ITERATIONS: Final = 4096


def owner_of(service: Service) -> str:
    """Return the role that migrates a service's database."""
    return f"{service.database}_owner"


def role_of(service: Service) -> str:
    """Return the role a service works with."""
    return service.database


def script(passwords: dict[str, str]) -> str:
    """Return psql commands that create roles and databases where missing and set passwords; may run again.

    `passwords` has one entry for `owner_of` and `role_of` of every service.
    """
    lines = ["\\set QUIET on", _role(KEYS_OWNER, None)]
    lines += [_role(name, verifier(password)) for name, password in passwords.items()]
    for holder in KEY_HOLDERS:
        owner = owner_of(holder)
        # What either of them creates in there belongs to both.
        lines.append(f"GRANT {KEYS_OWNER} TO {owner};")
    lines += _database(KEYS_DATABASE, KEYS_OWNER, [role_of(holder) for holder in KEY_HOLDERS], "SELECT, INSERT, UPDATE")
    lines += [
        f"ALTER ROLE {owner_of(holder)} IN DATABASE {KEYS_DATABASE} SET role = {KEYS_OWNER};" for holder in KEY_HOLDERS
    ]
    for service in Service:
        rights = "SELECT, INSERT, UPDATE, DELETE"
        lines += _database(service.database, owner_of(service), [role_of(service)], rights)
    return "\n".join(lines) + "\n"


def verifier(password: str) -> str:
    """Return what PostgreSQL stores of a password (RFC 5803): it proves a log-in and cannot be used for one."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(each).decode() for each in (salt, hashlib.sha256(client).digest(), server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


def _role(name: str, password: str | None) -> str:
    log_in = f"LOGIN PASSWORD '{password}'" if password else "NOLOGIN"
    missing = f"NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
    return (
        f"SELECT 'CREATE ROLE {name}' WHERE {missing}\n\\gexec\n"
        f"ALTER ROLE {name} WITH NOSUPERUSER NOCREATEDB NOCREATEROLE {log_in};"
    )


def _database(name: str, owner: str, users: list[str], rights: str) -> list[str]:
    granted = ", ".join(users)
    create = f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING ''UTF8''"
    missing = f"NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')"
    return [
        f"SELECT '{create}' WHERE {missing}\n\\gexec",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {name} TO {granted};",
        f"\\connect {name}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT {rights} ON TABLES TO {granted};",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {granted};",
    ]
