"""Options several commands take. A password on the command line is warned about, and never shown again."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from unavez_local.texts import err

_PASSWORD = re.compile(r"://[^@/?#]*:[^@]+@|[?&]password=", re.IGNORECASE)


def warn_of_password(context: typer.Context, option: typer.CallbackParam, value: str | None) -> str | None:
    """Return the value; a URL with a password that was typed, not read from the environment, is warned about."""
    source = context.get_parameter_source(option.name or "")
    typed = source is not None and source.name == "COMMANDLINE"
    if typed and value is not None and _PASSWORD.search(value):
        err.print(
            f"[yellow]![/yellow] {option.opts[0]}: otros procesos ven la contraseña, y queda en el historial; póngala "
            f"en la variable de entorno {option.envvar} / other processes see the password, and it stays in the "
            f"history: put it into the environment variable {option.envvar}",
            soft_wrap=True,
        )
    return value


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="UNAVEZ_DATABASE_URL",
        callback=warn_of_password,
        help="Servidor PostgreSQL: postgresql://rol@servidor / server and role. Sin él, incluido / embedded.",
    ),
]
AmqpUrl = Annotated[
    str | None,
    typer.Option(
        envvar="UNAVEZ_AMQP_URL",
        callback=warn_of_password,
        help="RabbitMQ; sin él, bus en memoria / in-process bus.",
    ),
]
ManagementUrl = Annotated[
    str | None,
    typer.Option(
        envvar="UNAVEZ_AMQP_MANAGEMENT_URL",
        callback=warn_of_password,
        help="API de administración de RabbitMQ / management API, with user.",
    ),
]
