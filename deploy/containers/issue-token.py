#!/usr/bin/env python3
"""Print a token of the local issuer: `issue-token.py ROLE ORGANIZATION_ID [SUBJECT [FOLDER]]`.

Valid 12 hours. For trials and for installations without an OpenID Connect issuer.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from uuid import UUID

from unavez_shared.contracts.actor import Role
from unavez_shared.version import VERSION
from unavez_shared.web.tokens import LocalIssuer

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="issue-token.py", description=__doc__)
    parser.add_argument("role", choices=[each.value for each in Role])
    parser.add_argument("organization_id", type=UUID)
    parser.add_argument("subject", nargs="?", default="operator-1")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".unavez/containers"))
    parser.add_argument("--version", action="version", version=f"issue-token.py {VERSION}")
    asked = parser.parse_args()
    issuer_file = asked.folder / "issuer" / "issuer.json"
    if not issuer_file.exists():
        sys.exit(f"no existe / missing: {issuer_file}")
    issuer = LocalIssuer(issuer_file)
    token = issuer.token(role=Role(asked.role), organization_id=asked.organization_id, subject=asked.subject)
    sys.stdout.write(f"{token}\n")
