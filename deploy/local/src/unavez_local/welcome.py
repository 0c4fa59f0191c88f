"""What `unavez up` prints when it is ready; in a demo the tokens too, and the same tokens in a file for a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from unavez_directory.operations import demo_bundle
from unavez_local.composition import Installation
from unavez_local.data_directory import DataDirectory
from unavez_local.demo_world import Person, cast
from unavez_local.texts import out
from unavez_shared.contracts.services import Service
from unavez_shared.web.tokens import LocalIssuer

SHELL_FILE = "tokens.env"
"""Below the data directory of a demo: `URL` and one variable per role. Never in a real installation (SAFETY N18)."""


def print_welcome(installation: Installation, issuer: LocalIssuer | None) -> None:
    """Print where everything is and what to try next; no tokens where another issuer is set (`UNAVEZ_OIDC_ISSUER`)."""
    url = installation.public_url
    demo = installation.data.demo
    out.print(f"\n[bold green]Unavez[/bold green] {url}  ·  {'DEMOSTRACIÓN / demo' if demo else 'real'}")
    for service in Service:
        out.print(f"  {url}{service.path}/docs", soft_wrap=True)
    if demo and issuer is not None:
        _print_tokens(installation, issuer)
    elif not demo:
        following = "./unavez directory import FILE · ./unavez token --role … --organization …"
        out.print(f"\nSiga con / go on with: {following}", soft_wrap=True)
    out.print("Ctrl-C detiene / stops.", soft_wrap=True)


def _print_tokens(installation: Installation, issuer: LocalIssuer) -> None:
    people = cast(demo_bundle())
    tokens = {
        person.role.value.upper(): issuer.token(
            role=person.role, organization_id=person.organization_id, subject=person.subject
        )
        for person in people
    }
    out.print("\nUn token por rol, 12 horas, solo en la demostración / one token per role, demo only:", soft_wrap=True)
    width = max(len(person.organization_name) for person in people)
    for person in people:
        name = f"${person.role.value.upper()}"
        out.print(f"  {name:<17} {person.organization_name:<{width}}  {person.what}", soft_wrap=True)
    for name, token in tokens.items():
        out.print(f"\n{name}={token}", soft_wrap=True)
    if isinstance(installation.data, DataDirectory):
        path = _write_tokens(installation.data.path / SHELL_FILE, installation.public_url, people, tokens)
        out.print(f"\nEn su terminal / in your shell:  . {shlex.quote(_near(path))}", soft_wrap=True)
    out.print("Pruebe / try: README.md «Post an intake» · docs/integrate", soft_wrap=True)


def _write_tokens(path: Path, url: str, people: Sequence[Person], tokens: dict[str, str]) -> Path:
    """Write what a shell sources, readable by its owner only, whole or not at all; nothing of it is exported."""
    lines = ["# Demo only: fictional organizations, tokens of 12 hours, written anew at every start."]
    lines.append(f"URL={shlex.quote(url.rstrip('/'))}")
    for person in people:
        name = person.role.value.upper()
        lines += [f"# {person.organization_name} · {person.organization_id} · {person.what}", f"{name}={tokens[name]}"]
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    draft.replace(path)
    return path


def _near(path: Path) -> str:
    here = Path.cwd()
    absolute = path.absolute()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
