"""Which places of an intake a data category may point at: a closed list, so that a misspelt pointer opens nothing.

Facts (`/facts/…`) are not listed here: the pack's own vocabulary says which there are.
"""

from __future__ import annotations

from typing import Final

FACT: Final = "/facts/"
FIELDS: Final = frozenset(
    {
        "/identity", "/safe_contact", "/legal_address", "/interpreter", "/account", "/account_summary",
        "/dependants", "/suspects", "/sites", "/evidence", "/prior",
        "/places/current", "/places/current_exact", "/places/exploitation", "/places/origin", "/places/transit",
        "/places/court",
        "/details/crime", "/details/health", "/details/psychological", "/details/family", "/details/migration",
        "/details/reintegration", "/details/readiness", "/details/compelled_acts",
    }
)  # fmt: skip
"""Parts of the intake's body (CONTRACT "Intake")."""
DERIVED: Final = frozenset({"/derived/age_band", "/derived/department", "/derived/within_72_hours"})
"""What is computed for the receiver instead of shown (`packet.py`)."""
IN_NO_PACKET: Final = frozenset({"COMPELLED"})
"""Categories no pack may open, whatever it says of them (SAFETY N8)."""
