"""Starts the directory: `python -m unavez_directory.main [serve|migrate|openapi]`."""

from unavez_shared.web.server import main

if __name__ == "__main__":
    main("unavez_directory")
