"""Settings of intake: those every service has, and the key-encryption key."""

from __future__ import annotations

from pathlib import Path

from unavez_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `UNAVEZ_*`."""

    kek_file: Path
    """The key-encryption key, outside the data directory (SAFETY N15)."""
