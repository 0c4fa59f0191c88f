"""`unavez parked`: messages a service could not apply, until an operator decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from unavez_local.composition import Installation
from unavez_local.options import DatabaseUrl
from unavez_local.parked_messages import opened
from unavez_local.target import reached
from unavez_local.texts import DATA_DIR_HELP, out
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.inbox import Inbox

app = typer.Typer(no_args_is_help=True, help="Mensajes apartados / parked messages.")

_DataDir = Annotated[Path | None, typer.Option(help=DATA_DIR_HELP)]
_ServiceOption = Annotated[Service, typer.Option("--service", help="Servicio / service.")]
_EventId = Annotated[str, typer.Argument(help="Identificador del evento / event id.")]

T = TypeVar("T")


@app.command("list")
def list_parked(data_dir: _DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Lista los apartados de los cuatro servicios / list those of the four services."""
    table = Table(
        "servicio / service",
        "evento / event",
        "tipo / type",
        "razón / reason",
        "intentos / attempts",
        "próximo / next",
    )
    with reached(data_dir, database_url) as installation:
        for service in Service:
            for message in asyncio.run(_with(installation, service, lambda inbox: inbox.list_parked())):
                due = message.next_attempt_at
                table.add_row(
                    service.value,
                    message.event_id,
                    message.routing_key,
                    message.reason,
                    str(message.attempts),
                    due.isoformat(" ", "seconds") if due else "-",
                )
    out.print(table)


@app.command()
def retry(
    event_id: _EventId, service: _ServiceOption, data_dir: _DataDir = None, database_url: DatabaseUrl = None
) -> None:
    """Lo intenta otra vez en cuanto el servicio lo vea / try again as soon as the service sees it."""
    with reached(data_dir, database_url) as installation:
        found = asyncio.run(_with(installation, service, lambda inbox: inbox.retry(event_id)))
    _say(found, "se reintentará / will be retried")


@app.command()
def discard(
    event_id: _EventId, service: _ServiceOption, data_dir: _DataDir = None, database_url: DatabaseUrl = None
) -> None:
    """Lo descarta para siempre; queda en la auditoría / discard for good; audited."""
    with reached(data_dir, database_url) as installation:
        found = asyncio.run(_with(installation, service, lambda inbox: inbox.discard(event_id)))
    _say(found, "descartado / discarded")


async def _with(installation: Installation, service: Service, act: Callable[[Inbox], Awaitable[T]]) -> T:
    async with opened(installation, service) as inbox:
        return await act(inbox)


def _say(found: bool, done: str) -> None:
    if not found:
        raise ConflictError(Conflict.NO_SUCH_PARKED_MESSAGE)
    out.print(f"[green]✓[/green] {done}")
