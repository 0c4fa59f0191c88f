"""What an import must satisfy before anything is written: every fault at once, with its pointer, never a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from unavez_directory.domain.areas import is_area
from unavez_directory.domain.model import Bundle, Capacity, Location, Organization, Service
from unavez_directory.domain.taxonomies import ACCOMMODATION_TAGS
from unavez_shared.contracts.errors import Fault, unknown_code
from unavez_shared.contracts.event_data import Tier
from unavez_shared.protocol import places
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

_LANGUAGE = re.compile(r"[a-z]{3}")
_SHELTER = "SHL-"

Entry = Organization | Location | Service


def check_bundle(bundle: Bundle) -> list[Fault]:
    """Return every fault the bundle has by itself; references to what is stored are `check_references`'s."""
    faults = [*_duplicates("organizations", bundle.organizations), *_duplicates("locations", bundle.locations)]
    faults += _duplicates("services", bundle.services)
    faults += [
        Fault(f"/locations/{index}/ubigeo", "unknown_place")
        for index, location in enumerate(bundle.locations)
        if not places.is_ubigeo(location.ubigeo)
    ]
    reported = dict(bundle.capacities)
    for index, service in enumerate(bundle.services):
        at = f"/services/{index}"
        faults += [replace(fault, pointer=at + fault.pointer) for fault in _check_service(service)]
        capacity = reported.get(service.id)
        if capacity is not None:
            faults += [replace(fault, pointer=f"{at}/capacity{fault.pointer}") for fault in check_capacity(capacity)]
    return faults


def check_capacity(capacity: Capacity) -> list[Fault]:
    """Return what is wrong with a reported capacity."""
    if capacity.maximum is not None and capacity.available > capacity.maximum:
        return [Fault("/available", "above_maximum")]
    return []


def check_references(bundle: Bundle, *, organizations: Iterable[UUID], locations: Iterable[Location]) -> list[Fault]:
    """Return entries that name an organization or a location neither in the bundle nor stored (those given)."""
    known_organizations = {entry.id for entry in bundle.organizations} | set(organizations)
    owners = {entry.id: entry.organization_id for entry in (*locations, *bundle.locations)}
    faults = [
        Fault(f"/locations/{index}/organization_id", "unknown_organization")
        for index, location in enumerate(bundle.locations)
        if location.organization_id not in known_organizations
    ]
    for index, service in enumerate(bundle.services):
        faults += [
            Fault(f"/services/{index}/{field}", "unknown_organization")
            for field in ("organization_id", "front_door_organization_id")
            if getattr(service, field) not in known_organizations
        ]
        if service.location_id is None:
            continue
        if service.location_id not in owners:
            faults.append(Fault(f"/services/{index}/location_id", "unknown_location"))
        elif owners[service.location_id] != service.organization_id:
            faults.append(Fault(f"/services/{index}/location_id", "location_of_another_organization"))
    return faults


def _duplicates(collection: str, entries: Sequence[Entry]) -> Iterator[Fault]:
    seen: set[UUID] = set()
    for index, entry in enumerate(entries):
        if entry.id in seen:
            yield Fault(f"/{collection}/{index}/id", "duplicate_id")
        seen.add(entry.id)


def _check_service(service: Service) -> Iterator[Fault]:
    if service.service_type not in SERVICE_TYPES:
        yield unknown_code("/service_type", SERVICE_TYPES)
    if service.service_type.startswith(_SHELTER) and service.tier is Tier.PUBLIC:
        # SAFETY N1: a lodging is never public, whoever edits the directory.
        yield Fault("/tier", "tier_too_open")
    if not service.confidential and service.front_door_organization_id != service.organization_id:
        yield Fault("/front_door_organization_id", "front_door_of_public_service")
    if not service.served_areas:
        yield Fault("/served_areas", "required")
    yield from _unknown("/served_areas", service.served_areas, is_area, "unknown_place")
    yield from _unknown("/languages", service.languages, _is_language, "unknown_code")
    yield from _outside("/accommodates", service.accommodates, ACCOMMODATION_TAGS)
    yield from _outside("/co_located_with", service.co_located_with, SERVICE_TYPES)
    if (service.minimum_age or 0) > (120 if service.maximum_age is None else service.maximum_age):
        yield Fault("/minimum_age", "above_maximum_age")
    if service.phone_verified_on is not None and service.phone is None:
        yield Fault("/phone_verified_on", "no_phone")


def _unknown(at: str, codes: Sequence[str], known: Callable[[str], bool], code: str) -> Iterator[Fault]:
    return (Fault(f"{at}/{index}", code) for index, value in enumerate(codes) if not known(value))


def _outside(at: str, codes: Sequence[str], known: Collection[str]) -> Iterator[Fault]:
    return (unknown_code(f"{at}/{index}", known) for index, value in enumerate(codes) if value not in known)


def _is_language(code: str) -> bool:
    return _LANGUAGE.fullmatch(code) is not None
