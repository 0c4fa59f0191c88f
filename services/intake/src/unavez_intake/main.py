"""`python -m unavez_intake.main [serve|migrate|openapi]`."""

from unavez_intake.app import create_service
from unavez_intake.settings import Settings
from unavez_shared.web.server import main

if __name__ == "__main__":
    main(create_service, Settings, "unavez_intake")
