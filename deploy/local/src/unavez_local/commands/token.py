"""`unavez token`: one bearer token of the local issuer, for a subject it names; audited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from unavez_local.composition import default_data_directory
from unavez_local.data_directory import DataDirectory
from unavez_local.issued_tokens import IssuedTokens
from unavez_local.texts import DATA_DIR_HELP, err
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.web.tokens import LocalIssuer

_SUBJECT_HELP = (
    "Persona, una por token; sin ella ROL-1, que comparten todos los que no la dan / who: one person a token; "
    "without it ROLE-1, shared by all who give none."
)


def token(
    role: Annotated[Role, typer.Option(help="Rol / role.")],
    organization: Annotated[UUID, typer.Option(help="Organización (cualquier UUID) / organization, any UUID.")],
    data_dir: Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)] = None,
    subject: Annotated[str | None, typer.Option(help=_SUBJECT_HELP)] = None,
    oidc_issuer: Annotated[str | None, typer.Option(envvar="UNAVEZ_OIDC_ISSUER", hidden=True)] = None,
) -> None:
    """Imprime un token de 12 horas en la última línea; queda en la auditoría / a 12-hour token on the last line."""
    if oidc_issuer:
        raise StartupError(
            "UNAVEZ_OIDC_ISSUER está puesto: el emisor local calla, y sus tokens no valen; pida el token a su emisor / "
            "UNAVEZ_OIDC_ISSUER is set: the local issuer is silent, its tokens are refused; ask that issuer for one"
        )
    keys = DataDirectory.open(data_dir or default_data_directory()).keys()
    holder = Actor(subject=subject or f"{role.value}-1", role=role, organization_id=organization)
    issuer = LocalIssuer(keys.issuer_file)
    IssuedTokens.beside(keys).note(holder)
    if subject is None:
        err.print(
            f"Persona / subject: {holder.subject}. Dé la suya con --subject / name the person with --subject.",
            soft_wrap=True,
        )
    typer.echo(issuer.token(role=role, organization_id=organization, subject=holder.subject))
