"""Settings of the directory: those every service has."""

from __future__ import annotations

from unavez_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `UNAVEZ_*`."""
