"""`unavez contracts write`: the generated documents that stand in the repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import typer

from unavez_local.agency_document import agencies
from unavez_local.composition import PACKAGES
from unavez_local.documents import asyncapi, event_table
from unavez_local.error_page import error_page
from unavez_local.hsds_document import SOURCE, hsds_document
from unavez_local.merged_document import merged
from unavez_local.rules_page import rules_page
from unavez_local.settings_page import settings_page
from unavez_local.texts import out
from unavez_notifier.api.event_schemas import SCHEMAS, schema_of

app = typer.Typer(no_args_is_help=True, help="Documentos generados / generated documents.")


@app.command()
def write(context: typer.Context) -> None:
    """Escribe openapi.json de cada servicio y, en docs, el de todos y las demás páginas / write the documents."""
    documents = {}
    for service, package in PACKAGES.items():
        document = subprocess.run([sys.executable, "-m", f"{package}.main", "openapi"], check=True, capture_output=True)
        documents[service] = json.loads(document.stdout)
        _write(Path("services") / service.value / "openapi.json", document.stdout)
    _write(Path("docs/openapi.json"), merged(documents))
    for folder in ("services/directory", "services/directory/src/unavez_directory/api"):
        _write(Path(folder) / "hsds.json", hsds_document(SOURCE))
    _write(Path("docs/asyncapi.json"), asyncapi().encode())
    _write(Path("docs/asyncapi-agencies.json"), agencies().encode())
    for name in SCHEMAS:
        _write(Path("docs/schemas") / f"{name}.json", schema_of(name))
    _write(Path("docs/events.md"), event_table().encode())
    _write(Path("docs/errors.md"), error_page().encode())
    _write(Path("docs/rules.md"), rules_page().encode())
    _write(Path("docs/settings.md"), settings_page(context.find_root().command, Path()).encode())


@app.callback()
def contracts() -> None:
    """Documentos generados / generated documents."""


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    out.print(f"[green]✓[/green] {path}")
