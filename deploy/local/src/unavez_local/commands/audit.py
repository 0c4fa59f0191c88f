"""`unavez audit verify`: find audit rows that were changed, removed, reordered or never sealed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from unavez_local.composition import Installation
from unavez_local.options import DatabaseUrl
from unavez_local.target import reached
from unavez_local.texts import DATA_DIR_HELP, out
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.audit import read_audit_key
from unavez_shared.persistence.audit import verify as verify_audit
from unavez_shared.persistence.database import create_engine

app = typer.Typer(no_args_is_help=True, help="Registro de auditoría / audit log.")


@app.callback()
def audit() -> None:
    """Registro de auditoría / audit log."""


@app.command()
def verify(
    data_dir: Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Recorre los sellos de los cuatro servicios / walk the seals of the four services."""
    with reached(data_dir, database_url) as installation:
        sound = asyncio.run(_verify(installation))
    if not sound:
        raise typer.Exit(1)


async def _verify(installation: Installation) -> bool:
    key = read_audit_key(installation.keys.audit_key_file)
    sound = True
    for service in Service:
        engine = create_engine(installation.database_url, service.database, pool_size=1)
        try:
            findings = await verify_audit(engine, key)
        finally:
            await engine.dispose()
        sound = sound and not findings
        mark = "[red]✗[/red]" if findings else "[green]✓[/green]"
        out.print(f"{mark} {service.value}: {len(findings)} hallazgos / findings")
        for finding in findings:
            out.print(f"   {finding}")
    return sound
