"""Starts the referral router: `python -m unavez_referral_router.main [serve|migrate|openapi]`."""

from unavez_referral_router.app import create_service
from unavez_referral_router.settings import Settings
from unavez_shared.web.server import main

if __name__ == "__main__":
    main(create_service, Settings, "unavez_referral_router")
