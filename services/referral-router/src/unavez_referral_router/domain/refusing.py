"""Why an agency says no: one of the closed list of the route, whatever it wrote (peru.md, general rules, b)."""

from __future__ import annotations

from unavez_shared.protocol.vocabulary import REFUSAL_REASONS

NO_PLACE, OUT_OF_AREA, OTHER = "no_place", "out_of_area", "other"
_ALSO_SAID = {"full": NO_PLACE, "no_capacity": NO_PLACE, "capacity": NO_PLACE, "no_interpreter": "language"}
"""Other words for the same, those of an unmet need among them."""


def refusal_reason(said: str | None, *, hidden: bool) -> str:
    """Return the code that is kept.

    A code we do not know counts as `other`: to refuse a refusal would leave her waiting for its deadline. That a
    hidden house is out of the area is not kept either, for it tells where it is not (SAFETY N1).
    """
    said = said or OTHER
    code = _ALSO_SAID.get(said, said)
    if code not in REFUSAL_REASONS or (hidden and code == OUT_OF_AREA):
        return OTHER
    return code
