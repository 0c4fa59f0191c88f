"""`unavez doctor`: is everything this installation stands on as it should be, and if not, what to do next."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.text import Text

from unavez_local.examined import CHECKS, examined
from unavez_local.options import AmqpUrl, DatabaseUrl, ManagementUrl
from unavez_local.texts import DATA_DIR_HELP, out
from unavez_shared.doctor.examination import examine
from unavez_shared.doctor.model import Result, Status, document, is_sound

_MARKS = {
    Status.FAILED: ("bold red", "✗ falla / failed"),
    Status.WARNING: ("yellow", "! aviso / warning"),
    Status.SKIPPED: ("dim", "· sin mirar / not looked at"),
    Status.OK: ("green", "✓ bien / fine"),
}
"""In the order they are shown."""


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
    """Print what failed, what is warned about, what could not be looked at, one line each for the rest, and a count."""
    for status, (style, mark) in _MARKS.items():
        for result in (each for each in results if each.status is status):
            said = result.document()
            line = Text.assemble((f"{mark} ", style), (said["code"], "bold"))
            if status is Status.OK:
                line.append(f"  {said['es']} / {said['en']}", style="dim")
            else:
                line.append_text(_what_next(said))
            out.print(line, soft_wrap=True)
    out.print(_count(results), soft_wrap=True)


def _what_next(said: dict[str, Any]) -> Text:
    text = Text(f"\n  {said['es']}")
    text.append(f"\n  {said['en']}", style="dim")
    for detail in said["details"]:
        where = ", ".join(f"{name} {value}" for name, value in detail.items() if name != "detail_code")
        text.append(f"\n  · {detail['detail_code']}: {where}".rstrip(": "))
    if said["status"] != Status.SKIPPED:
        text.append(f"\n  → {said['runbook']}", style="cyan")
    return text.append("\n")


def _count(results: list[Result]) -> str:
    found = Counter(result.status for result in results)
    failed, warnings, skipped, fine = (found[status] for status in _MARKS)
    es, en = f"{failed} fallas, {warnings} avisos, {fine} bien", f"{failed} failed, {warnings} warnings, {fine} fine"
    if skipped:
        es, en = f"{es}, {skipped} sin mirar", f"{en}, {skipped} not looked at"
    return f"{es} / {en}"
