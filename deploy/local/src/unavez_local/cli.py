"""The `unavez` command: start everything, or operate an installation."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from copy import copy
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from unavez_local.commands import audit, contracts, demo, directory, doctor, parked, protocol, token, up
from unavez_local.texts import err
from unavez_shared.contracts.errors import InvalidInputError, UnavezError
from unavez_shared.environment import unknown
from unavez_shared.version import VERSION


class _Versioned(TyperGroup):
    """Gives every command below it `--version`, as it has `--help`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        option = copy(next(each for each in self.params if each.name == "version"))
        option.expose_value = False  # the commands themselves take no such argument
        _add(option, self.commands.values())


def _add(option: Any, commands: Iterable[Any]) -> None:
    for command in commands:
        command.params.append(option)
        _add(option, getattr(command, "commands", {}).values())


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"unavez {VERSION}")
        raise typer.Exit


app = typer.Typer(
    name="unavez",
    cls=_Versioned,
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


@app.callback()
def unavez(
    *,
    version: Annotated[  # noqa: ARG001  (its callback answers)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Versión / version.")
    ] = False,
) -> None:
    """Unavez: ella lo cuenta una sola vez. / She tells it once."""
    for name, near in unknown():
        meant = f": ¿{near}? / did you mean {near}?" if near else ""
        err.print(
            f"[yellow]![/yellow] {name} no es un ajuste, nadie lo lee / is no setting, nobody reads it{meant}",
            soft_wrap=True,
        )


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
