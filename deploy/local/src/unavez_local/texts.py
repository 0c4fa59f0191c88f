"""What the command prints: Spanish first, English beside it."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

DATA_DIR_HELP = "Directorio de datos (por defecto .unavez/) / data directory."
