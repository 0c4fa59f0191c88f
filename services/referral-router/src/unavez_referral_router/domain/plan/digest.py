"""What a person saw, as an opaque string: row-level agreement can be checked later without storing the preview.

A digest is `v1.` + base64url of 12 bytes a row, after 12 of the whole plan. A posted digest covers exactly the rows
whose 12 bytes are in it. They say what she agrees to: service, jurisdiction, basis, rules with what each lets be
read, unanswered guards, who could receive it. They do not depend on what she has consented to so far.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence

from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.plan.plan import RuleTerms

_PREFIX = "v1."
_SIZE = 12
_COMPACT = json.JSONEncoder(separators=(",", ":"))


def row_digest(
    key: bytes, service_type: str, jurisdiction: str, rules: Sequence[RuleTerms], candidates: Iterable[Candidate]
) -> bytes:
    """Return the 12 bytes of one row."""
    shown = [
        service_type,
        jurisdiction,
        [[rule.id, rule.basis, sorted(rule.categories), sorted(rule.open_guards)] for rule in rules],
        sorted({f"{candidate.service_type}@{candidate.organization_id}" for candidate in candidates}),
    ]
    return hmac.digest(key, _COMPACT.encode(shown).encode(), hashlib.sha256)[:_SIZE]


def plan_digest(key: bytes, rows: Sequence[bytes]) -> str:
    """Return the opaque string of a whole plan."""
    whole = hmac.digest(key, b"plan" + b"".join(rows), hashlib.sha256)[:_SIZE]
    return _PREFIX + base64.urlsafe_b64encode(b"".join((whole, *rows))).decode("ascii").rstrip("=")


def rows_of(digest: str | None) -> frozenset[bytes]:
    """Return the row digests a posted string covers; anything that is not one of ours covers nothing."""
    if digest is None or not digest.startswith(_PREFIX):
        return frozenset()
    encoded = digest.removeprefix(_PREFIX)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return frozenset()
    pieces = [raw[start : start + _SIZE] for start in range(0, len(raw), _SIZE)]
    return frozenset(pieces[1:])
