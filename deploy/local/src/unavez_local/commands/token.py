"""`unavez token`: one bearer token of the local issuer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from unavez_local.composition import default_data_directory
from unavez_local.data_directory import DataDirectory
from unavez_local.texts import DATA_DIR_HELP
from unavez_shared.contracts.actor import Role
from unavez_shared.web.tokens import LocalIssuer


def token(
    role: Annotated[Role, typer.Option(help="Rol / role.")],
    organization: Annotated[UUID, typer.Option(help="Organización (cualquier UUID) / organization, any UUID.")],
    data_dir: Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)] = None,
    subject: Annotated[str | None, typer.Option(help="Persona / who: the token's subject.")] = None,
) -> None:
    """Imprime un token de 12 horas en la última línea / print a 12-hour token on the last line."""
    data = DataDirectory.open(data_dir or default_data_directory())
    issuer = LocalIssuer(data.keys().issuer_file)
    typer.echo(issuer.token(role=role, organization_id=organization, subject=subject or f"{role.value}-1"))
