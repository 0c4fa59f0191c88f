"""Starts the directory: `python -m unavez_directory.main [serve|migrate|openapi]`."""

from __future__ import annotations

from unavez_directory.app import create_service
from unavez_directory.settings import Settings
from unavez_shared.web.server import main

if __name__ == "__main__":
    main(create_service, Settings, "unavez_directory")
