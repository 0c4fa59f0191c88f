"""Which fields a category opens, for whom (PROTOCOL 5.10; the table itself is the pack's categories.yaml)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from unavez_shared.protocol.facts import ADULT_AGE
from unavez_shared.protocol.loader import load_pack

AGE_BANDS = ((0, 11), (12, 13), (14, 17), (18, 29), (30, 59))
OFFER_FIELDS: tuple[tuple[str, str], ...] = load_pack("pe").offer_fields
"""(category, pointer): what an offer may show before it is accepted, besides the referral's own fields."""


def fields_of(category: str, service_type: str | None = None) -> tuple[str, ...]:
    """Return the pointers a category opens to a receiver; nothing for COMPELLED. KeyError for an unknown category."""
    pack = load_pack("pe")
    found = pack.categories[category]
    if found.never:
        return ()
    if (
        found.pointers_justice is not None
        and service_type is not None
        and pack.services[service_type].is_justice
        and service_type not in found.justice_except
    ):
        return found.pointers_justice
    return found.pointers


def packet_pointers(categories: Iterable[str], service_type: str) -> tuple[str, ...]:
    """Return every pointer these categories open to this receiver once it has accepted, in the order of the table."""
    granted = set(categories)
    order = [category for category in load_pack("pe").categories if category in granted]
    return tuple(dict.fromkeys(pointer for category in order for pointer in fields_of(category, service_type)))


def offer_pointers(categories: Collection[str], service_type: str) -> tuple[str, ...]:
    """Return what an offer may show of these categories: never more than they open after acceptance."""
    granted = {category for category in categories if fields_of(category, service_type)}
    return tuple(dict.fromkeys(pointer for category, pointer in OFFER_FIELDS if category in granted))


def grantable(categories: Iterable[str], *, explicit: bool) -> frozenset[str]:
    """Return the categories a consent may open; some only when it names them itself (`explicit`), COMPELLED never.

    An unknown code opens nothing.
    """
    known = load_pack("pe").categories
    return frozenset(
        code
        for code in categories
        if code in known and not known[code].never and (explicit or not known[code].by_explicit_consent_only)
    )


def age_band(age: int | None, is_minor: bool | None) -> str | None:
    """Return the age band an agency may see; a doubtful age counts as a minor's. None: not known at all."""
    if is_minor and (age is None or age >= ADULT_AGE):
        return "0-17"
    if age is not None:
        for first, last in AGE_BANDS:
            if first <= age <= last:
                return f"{first}-{last}"
        return "60+"
    return None if is_minor is None else "18+"
