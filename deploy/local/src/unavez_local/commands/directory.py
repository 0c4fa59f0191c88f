"""`unavez directory`: import and export the directory of services."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from unavez_directory.operations import export_directory, import_directory, read_bundle
from unavez_local.composition import Installation
from unavez_local.options import DatabaseUrl
from unavez_local.target import reached
from unavez_local.texts import DATA_DIR_HELP, err, out
from unavez_shared.contracts.services import Service

app = typer.Typer(no_args_is_help=True, help="Directorio de servicios / directory of services.")

_DataDir = Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)]


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(exists=True, help="Archivo JSON o carpeta / JSON file or folder.")],
    data_dir: _DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Importa todo o nada; lo ya presente solo cambia / all or nothing; what is there already only changes."""
    bundle = read_bundle(source)
    with reached(data_dir, database_url) as installation, err.status("Importando / importing…"):
        result = asyncio.run(import_directory(installation.settings(Service.DIRECTORY), bundle))
    out.print(f"[green]✓[/green] {result}")


@app.command("export")
def export(data_dir: _DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Escribe el directorio como JSON en la salida / write the directory as JSON to standard output."""
    with reached(data_dir, database_url) as installation:
        bundle = asyncio.run(_export(installation))
    typer.echo(orjson.dumps(bundle, option=orjson.OPT_INDENT_2))


async def _export(installation: Installation) -> dict[str, Any]:
    return await export_directory(installation.settings(Service.DIRECTORY))
