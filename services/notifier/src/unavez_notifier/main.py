"""Start the notifier: `python -m unavez_notifier.main [serve|migrate|openapi]`."""

from unavez_shared.web.server import main

if __name__ == "__main__":
    main("unavez_notifier")
