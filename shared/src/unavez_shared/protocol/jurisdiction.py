"""Which place a row is for (PROTOCOL 5.7)."""

from __future__ import annotations

from unavez_shared.protocol.facts import Facts
from unavez_shared.protocol.normalise_places import Places
from unavez_shared.protocol.places import department, is_ubigeo, province

_AT_HOME = {"GBV_PARTNER", "GBV_FAMILY"}


def places_of(jurisdiction: str, places: Places) -> tuple[str | None, ...]:
    """Return the districts a row stands for, never empty; None: no district (nationwide, abroad, unknown, secret)."""
    match jurisdiction:
        case "current":
            return (_district(places.current),)
        case "exploitation":
            return _one_per_department(places)
        case "origin":
            return (_district(places.origin or places.current),)
        case "court":
            return (_district(places.court or places.current),)
    return (None,)  # national, internal, safe_district


def avoided_provinces(facts: Facts) -> frozenset[str]:
    """Return the 4-digit provinces a safe district must not be in."""
    places = facts.places
    avoided = [*places.exploitation, *places.transit]
    if places.current is not None and facts.get("danger") in ("possible", "imminent"):
        avoided.append(places.current)
    if places.origin is not None and (
        facts.get("family_implicated") is True or not _AT_HOME.isdisjoint(facts.get("incident", ()))
    ):
        avoided.append(places.origin)
    return frozenset(province(place) for place in avoided if is_ubigeo(place))


def near(facts: Facts) -> str | None:
    """Return the department of where she is; None when that is unknown or abroad."""
    current = _district(facts.places.current)
    return None if current is None else department(current)


def _district(place: str | None) -> str | None:
    """Return the district; a country code stands for the whole country: no district."""
    return place if place is not None and is_ubigeo(place) else None


def _one_per_department(places: Places) -> tuple[str | None, ...]:
    """Return the first exploitation place of each department: each has its own prosecutor.

    Only places abroad known: nationwide. None known at all: where she is.
    """
    first: dict[str, str] = {}
    for place in places.exploitation:
        if is_ubigeo(place):
            first.setdefault(department(place), place)
    if first:
        return tuple(first.values())
    return (None,) if places.exploitation else (_district(places.current),)
