"""Why an agency says no, or stops: codes that are kept, whatever was written (PROTOCOL 5.12 b)."""

from __future__ import annotations

import re
from typing import Final

from unavez_shared.protocol.vocabulary import REFUSAL_REASONS

NO_PLACE, OTHER = "no_place", "other"
_SYNONYMS: Final = {"full": NO_PLACE, "no_capacity": NO_PLACE, "capacity": NO_PLACE, "no_interpreter": "language"}
"""Other words for the same, those of an unmet need among them."""
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def refusal_reason(given: str | None) -> str:
    """Return one of the nine reasons of the route; what we do not know counts as `other`.

    To refuse a refusal for its reason would leave her waiting for its deadline.
    """
    code = (given or OTHER).strip().lower().replace(" ", "_")
    code = _SYNONYMS.get(code, code)
    return code if code in REFUSAL_REASONS else OTHER


def coded(given: str | None) -> str | None:
    """Return what was said when it is a code; a sentence may hold anything about her and counts as `other`."""
    return given if given is None or _CODE.fullmatch(given) else OTHER
