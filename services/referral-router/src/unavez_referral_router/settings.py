"""What the referral router reads from the environment besides what every service does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from unavez_shared.settings import ServiceSettings, Unit


class Settings(ServiceSettings):
    """`UNAVEZ_*`."""

    kek_file: Path
    """The key-encryption key: opens the router's case keys and gives the key of the preview digests."""
    protocol: Annotated[str, Unit("name")] = "pe"
    """Name of the installed protocol pack."""
