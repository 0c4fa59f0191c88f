"""Every `UNAVEZ_*` variable there is, and which of those that are set nobody reads.

Most are fields of settings. The rest stands in `ELSEWHERE`; a test compares both with what the code reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from unavez_shared.contracts.nearest import nearest
from unavez_shared.settings import ServiceSettings

PREFIX: Final = "UNAVEZ_"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that is no field of settings."""

    name: str
    default: str
    unit: str
    meaning: str
    readers: str


ELSEWHERE: Final = (
    Variable(
        "UNAVEZ_AMQP_MANAGEMENT_URL",
        "",
        "URL, secret",
        "RabbitMQ's management API with a user, for what the broker tells nobody else.",
        "",
    ),
    Variable("UNAVEZ_UID", "required", "user id", "Owns the secrets, and runs the containers.", ""),
    Variable("UNAVEZ_GID", "10001", "group id", "Likewise.", ""),
    Variable("UNAVEZ_SECRETS", "./.unavez/containers", "path", "The folder `create-secrets.py` made.", ""),
    Variable("UNAVEZ_VERSION", "local", "text", "The tag of the images.", ""),
    Variable("UNAVEZ_GATEWAY_PORT", "8000", "TCP port", "Where the gateway listens, on loopback.", ""),
    Variable("UNAVEZ_RABBITMQ", "", "path", "The folder of the RabbitMQ the tests start.", "tests"),
    Variable("UNAVEZ_CHAOS_KEEP", "", "`1`", "Keeps the logs and data of a stage of `make chaos`.", "tests"),
    Variable(
        "UNAVEZ_CONTAINERS",
        "",
        "path",
        "A folder whose `containers-up` starts a Docker engine for `make containers`, and `containers-down` stops it.",
        "tests",
    ),
    Variable("UNAVEZ_SOAK_SECONDS", "", "seconds", "How long `make test-long` keeps the load up.", "tests"),
)
"""Read by the `unavez` command, the containers or the tests. Without `readers`, the code says who."""

OF_ONE_SERVICE: Final = frozenset({"UNAVEZ_KEK_FILE", "UNAVEZ_NEW_CASES_PER_HOUR", "UNAVEZ_PROTOCOL"})
"""Fields a service adds to the settings: no service knows the others', and all may share one environment."""

KNOWN: Final = frozenset(
    {
        *(PREFIX + field.upper() for field in ServiceSettings.model_fields),
        *(variable.name for variable in ELSEWHERE),
        *OF_ONE_SERVICE,
    }
)


def unknown(environment: Iterable[str] | None = None) -> list[tuple[str, str | None]]:
    """Return the `UNAVEZ_*` names nobody reads, each with the known name it may have been meant for. Never a value."""
    names = sorted(os.environ if environment is None else environment)
    strange = [name for name in names if name.upper().startswith(PREFIX) and name.upper() not in KNOWN]
    return [(name, nearest(name.upper(), KNOWN)) for name in strange]
