"""`unavez doctor`: is everything this installation stands on as it should be, and if not, what to do next."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.table import Table
from rich.text import Text

from unavez_local.examined import CHECKS, examined
from unavez_local.options import AmqpUrl, DatabaseUrl, ManagementUrl
from unavez_local.texts import DATA_DIR_HELP, out
from unavez_shared.doctor.examination import examine
from unavez_shared.doctor.model import Result, Status, document, is_sound

_MARKS = {
    Status.OK: ("green", "✓ bien / ok"),
    Status.SKIPPED: ("dim", "· omitido / skipped"),
    Status.WARNING: ("yellow", "! atención / warning"),
    Status.FAILED: ("bold red", "✗ falla / failed"),
}


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)] = None,
    database_url: DatabaseUrl = None,
    amqp_url: AmqpUrl = None,
    management_url: ManagementUrl = None,
    public_url: Annotated[
        str | None, typer.Option(envvar="UNAVEZ_PUBLIC_URL", help="URL pública / public URL: /health/ready.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Un documento JSON / one JSON document.")] = False,
) -> None:
    """Examina la instalación sin cambiar nada / examine the installation, changing nothing. 1 = algo falla / fails."""
    with examined(
        data_dir,
        database_url,
        amqp_url=amqp_url,
        management_url=SecretStr(management_url) if management_url else None,
        public_url=public_url,
    ) as target:
        results = asyncio.run(examine(target, CHECKS))
    if as_json:
        typer.echo(json.dumps(document(results), ensure_ascii=False, indent=2))
    else:
        _show(results)
    if not is_sound(results):
        raise typer.Exit(1)


def _show(results: list[Result]) -> None:
    table = Table(box=None, padding=(0, 1, 1, 0))
    for heading in ("estado / state", "revisión / check", "qué pasa, qué hacer / what is wrong, what next"):
        table.add_column(heading)
    for result in results:
        style, mark = _MARKS[result.status]
        said = result.document()
        said_text = Text(said["es"])
        said_text.append(f"\n{said['en']}", style="dim")
        for detail in said["details"]:
            where = ", ".join(f"{name} {value}" for name, value in detail.items() if name != "detail_code")
            said_text.append(f"\n· {detail['detail_code']}: {where}".rstrip(": "))
        if result.status in {Status.FAILED, Status.WARNING}:
            said_text.append(f"\n→ {said['runbook']}", style="cyan")
        table.add_row(Text(mark, style=style), said["code"], said_text)
    out.print(table)
