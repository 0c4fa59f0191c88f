#!/usr/bin/env python3
"""Print a token of the local issuer: `issue-token.py ROLE ORGANIZATION_ID [SUBJECT [FOLDER]]`.

Valid 12 hours. For trials and for installations without an OpenID Connect issuer.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from unavez_shared.contracts.actor import Role
from unavez_shared.web.tokens import LocalIssuer

_USAGE = "issue-token.py ROLE ORGANIZATION_ID [SUBJECT [FOLDER]]"

if __name__ == "__main__":
    try:
        role, organization_id, *rest = sys.argv[1:]
        subject, folder = [*rest, *["operator-1", ".unavez/containers"][len(rest) :]]
        issuer_file = Path(folder) / "issuer" / "issuer.json"
        if not issuer_file.exists():
            sys.exit(f"no existe / missing: {issuer_file}")
        token = LocalIssuer(issuer_file).token(role=Role(role), organization_id=UUID(organization_id), subject=subject)
    except ValueError:
        sys.exit(_USAGE)
    sys.stdout.write(f"{token}\n")
