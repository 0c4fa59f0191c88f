"""Where things happened and where she is: districts of Peru or countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unavez_shared.contracts.errors import Fault
from unavez_shared.contracts.nearest import Hints
from unavez_shared.protocol.places import is_place

SINGLE = ("current", "origin", "court")
LISTED = ("exploitation", "transit")
EXACT = "current_exact"
MAX_EXACT = 2_000
MAX_LISTED = 100


@dataclass(frozen=True, slots=True, repr=False)
class Places:
    """The five place roles; UBIGEO (6 digits) or country codes. The free text of the exact place is never here."""

    current: str | None = None
    exploitation: tuple[str, ...] = ()
    """Latest first."""
    origin: str | None = None
    transit: tuple[str, ...] = ()
    court: str | None = None

    def __repr__(self) -> str:
        return "Places(…)"

    def json(self) -> dict[str, Any]:
        """Return the known places as JSON."""
        known = {
            "current": self.current,
            "exploitation": list(self.exploitation),
            "origin": self.origin,
            "transit": list(self.transit),
            "court": self.court,
        }
        return {role: value for role, value in known.items() if value}


def normalise_places(places: Mapping[str, Any] | None, faults: list[Fault]) -> Places:
    """Return the places; faults found are appended, and what is faulty is left out."""
    if places is None:
        return Places()
    if not isinstance(places, Mapping):
        faults.append(Fault("/places", "wrong_type"))
        return Places()
    roles = (*SINGLE, *LISTED, EXACT)
    hints, unknown = Hints(), [name for name in places if name not in roles]
    faults += [Fault("/places", "unknown_field", nearest=hints.nearest(name, roles)) for name in unknown]
    _check_exact(places.get(EXACT), faults)
    return Places(
        current=_single("current", places, faults),
        exploitation=_listed("exploitation", places, faults),
        origin=_single("origin", places, faults),
        transit=_listed("transit", places, faults),
        court=_single("court", places, faults),
    )


def _place(value: object, pointer: str, faults: list[Fault]) -> str | None:
    if not isinstance(value, str):
        faults.append(Fault(pointer, "wrong_type"))
        return None
    if not is_place(value):
        faults.append(Fault(pointer, "unknown_place"))
        return None
    return value


def _single(role: str, places: Mapping[str, Any], faults: list[Fault]) -> str | None:
    value = places.get(role)
    if value is None or value == []:
        return None
    return _place(value, f"/places/{role}", faults)


def _listed(role: str, places: Mapping[str, Any], faults: list[Fault]) -> tuple[str, ...]:
    value = places.get(role)
    if value is None:
        return ()
    pointer = f"/places/{role}"
    if not isinstance(value, list | tuple):
        place = _place(value, pointer, faults)
        return () if place is None else (place,)
    if len(value) > MAX_LISTED:
        faults.append(Fault(pointer, "too_long"))
        return ()
    found = [_place(item, f"{pointer}/{index}", faults) for index, item in enumerate(value)]
    return tuple(dict.fromkeys(place for place in found if place is not None))


def _check_exact(value: object, faults: list[Fault]) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        faults.append(Fault(f"/places/{EXACT}", "wrong_type"))
    elif len(value) > MAX_EXACT:
        faults.append(Fault(f"/places/{EXACT}", "too_long"))
