"""Which codes a filter may name: a filter with an unknown one would hide everything and say nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from unavez_notifier.domain import agency_events, team_events
from unavez_notifier.domain.audiences import Audience
from unavez_notifier.domain.subscriptions import Filters
from unavez_shared.contracts.errors import InvalidInputError, unknown_code
from unavez_shared.protocol.places import departments
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

SERVICE_CODES: Final = tuple(sorted(SERVICE_TYPES))
"""Service types of the pack."""
DEPARTMENT_CODES: Final = tuple(sorted(departments()))
"""2-digit departments: what an event says of where it is."""


def event_types_of(audience: Audience) -> Sequence[str]:
    """Return the types of the events a feed of this audience may hold."""
    return agency_events.EVENT_TYPES if audience is Audience.AGENCY else team_events.EVENT_TYPES


def check_filters(filters: Filters, audience: Audience) -> None:
    """Refuse codes that no event of such a feed will ever carry.

    Raises `InvalidInputError` with `unknown_code` at each of them, and the allowed values.
    """
    named: Mapping[str, tuple[Sequence[str] | None, Sequence[str]]] = {
        "event_types": (filters.event_types, event_types_of(audience)),
        "service_types": (filters.service_types, SERVICE_CODES),
        "districts": (filters.districts, DEPARTMENT_CODES),
    }
    faults = [
        unknown_code(f"/{field}/{index}", allowed)
        for field, (codes, allowed) in named.items()
        for index, code in enumerate(codes or ())
        if code not in allowed
    ]
    if faults:
        raise InvalidInputError(faults)
