"""Start the notifier: `python -m unavez_notifier.main [serve|migrate|openapi]`."""

from __future__ import annotations

from unavez_notifier.app import create_service
from unavez_notifier.settings import Settings
from unavez_shared.web.server import main

if __name__ == "__main__":
    main(create_service, Settings, "unavez_notifier")
