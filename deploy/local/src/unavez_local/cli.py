"""The `unavez` command: start everything, or operate an installation."""

from __future__ import annotations

import sys

import typer

from unavez_local.commands import audit, contracts, demo, directory, doctor, parked, protocol, token, up
from unavez_local.texts import err
from unavez_shared.contracts.errors import InvalidInputError, UnavezError

app = typer.Typer(
    name="unavez",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Unavez: ella lo cuenta una sola vez. / She tells it once.",
)
app.command(name="up")(up.up)
app.command(name="demo")(demo.demo)
app.command(name="token")(token.token)
app.command(name="doctor")(doctor.doctor)
app.add_typer(directory.app, name="directory")
app.add_typer(protocol.app, name="protocol")
app.add_typer(audit.app, name="audit")
app.add_typer(parked.app, name="parked")
app.add_typer(contracts.app, name="contracts")


def main() -> None:
    """Run the command; an error of ours is one clear line and exit code 2, never a traceback."""
    try:
        app()
    except InvalidInputError as error:
        for fault in error.faults:
            err.print(f"[red]✗[/red] {fault.pointer or '/'}: {fault.code}", soft_wrap=True)
        sys.exit(2)
    except UnavezError as error:
        err.print(f"[red]✗[/red] {error}", soft_wrap=True)
        sys.exit(2)
