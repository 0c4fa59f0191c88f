"""Starts the referral router: `python -m unavez_referral_router.main [serve|migrate|openapi]`."""

from unavez_shared.web.server import main

if __name__ == "__main__":
    main("unavez_referral_router")
