"""Settings of the notifier: those every service has, and the key its signing secrets are sealed under."""

from __future__ import annotations

from pathlib import Path

from unavez_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `UNAVEZ_*`."""

    kek_file: Path
    """A key of its own is derived from it; where services run apart, give the notifier a file of its own too."""
