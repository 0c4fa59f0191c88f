#!/usr/bin/env python3
"""Create the secrets of a containers installation: `create-secrets.py [FOLDER]`; README.md says how to run it.

FOLDER is `.unavez/containers` unless given. Refuses a folder that exists: keys are never overwritten.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from unavez_containers.layout import create

from unavez_shared.contracts.errors import StartupError
from unavez_shared.version import VERSION

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="create-secrets.py", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".unavez/containers"))
    parser.add_argument("--version", action="version", version=f"create-secrets.py {VERSION}")
    target = parser.parse_args().folder
    try:
        create(target.absolute())
    except StartupError as error:
        sys.exit(str(error))
    sys.stdout.write(
        f"Secretos creados / secrets created: {target}\n"
        f"Ajustes de la instalación / its settings: {target}/environment (deploy/containers/README.md)\n"
        f"export COMPOSE_ENV_FILES={target}/environment\n"
        "docker compose up --build --detach --wait\n"
    )
