"""The four services by name: who owns an event, a database, a path."""

from __future__ import annotations

from enum import StrEnum


class Service(StrEnum):
    """A service's name as it stands in queues, sources and folders."""

    INTAKE = "intake"
    DIRECTORY = "directory"
    REFERRAL_ROUTER = "referral-router"
    NOTIFIER = "notifier"

    @property
    def path(self) -> str:
        """Where the service answers: the same behind a gateway and in one process."""
        return "/router" if self is Service.REFERRAL_ROUTER else f"/{self.value}"

    @property
    def database(self) -> str:
        """Name of the service's own database."""
        return "unavez_router" if self is Service.REFERRAL_ROUTER else f"unavez_{self.value}"


KEYS_DATABASE = "unavez_keys"
"""The wrapped data keys live apart from what they open (SAFETY N15)."""

CASE_KEY_HOLDERS = frozenset({Service.INTAKE, Service.REFERRAL_ROUTER})
"""Who encrypts per case: they keep their keys in `unavez_keys`."""
