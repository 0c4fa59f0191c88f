"""The router's own picture of the directory, in memory, indexed by service type and by whom it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.matching.service import Service


@dataclass(frozen=True, slots=True)
class Receiver:
    """An organization that receives offers, as the directory last described it."""

    name: str
    phone: str | None = None
    email: str | None = None


_NOBODY: Mapping[UUID, Receiver] = {}


class Directory:
    """An immutable snapshot: planning never sees it change under its hands."""

    def __init__(self, services: Iterable[Service] = (), receivers: Mapping[UUID, Receiver] = _NOBODY) -> None:
        self._by_id: dict[UUID, Service] = {service.service_id: service for service in services}
        self._by_type: dict[str, list[Service]] = {}
        for service in sorted(self._by_id.values(), key=lambda o: o.service_id):
            self._by_type.setdefault(service.service_type, []).append(service)
        self._houses: dict[str, dict[UUID, list[Service]]] = {}
        for service in (each for of_type in self._by_type.values() for each in of_type if each.confidential):
            doors = self._houses.setdefault(service.service_type, {})
            doors.setdefault(service.receiver_id, []).append(service)
        self._serving: dict[tuple[str, str], list[Service]] = {}
        self._receivers = receivers
        self._public = {service.organization_id for service in self._by_id.values() if not service.confidential}

    def of_type(self, service_type: str) -> Sequence[Service]:
        """Return the active services of one type, ordered by id."""
        return self._by_type.get(service_type, ())

    def houses(self, service_type: str) -> Mapping[UUID, Sequence[Service]]:
        """Return the confidential ones of them by their front door, ordered by id behind each."""
        return self._houses.get(service_type, {})

    def serving(self, service_type: str, department: str | None) -> Sequence[Service]:
        """Return those of them that serve anything in a department; all of them for None. Remembered a snapshot."""
        if department is None:
            return self.of_type(service_type)
        key = (service_type, department)
        if key not in self._serving:
            self._serving[key] = [o for o in self.of_type(service_type) if o.serves_part_of(department)]
        return self._serving[key]

    def get(self, service_id: UUID) -> Service | None:
        """Return one active service."""
        return self._by_id.get(service_id)

    def own_service(self, organization_id: UUID | None, service_id: UUID | None) -> Service | None:
        """Return the service an organization was asked for; None of a front door, and once it is closed (SAFETY N1)."""
        service = None if service_id is None else self.get(service_id)
        if service is None or service.confidential or service.organization_id != organization_id:
            return None
        return service

    def receiver(self, organization_id: UUID | None) -> Receiver | None:
        """Return an organization that receives offers, or did; a front door too: for those who may know it."""
        return None if organization_id is None else self._receivers.get(organization_id)

    def public_name(self, organization_id: UUID) -> str | None:
        """Return the name of an organization that runs an active public service; None for any other (SAFETY N3)."""
        receiver = self._receivers.get(organization_id) if organization_id in self._public else None
        return None if receiver is None else receiver.name

    def updated(
        self, changes: Mapping[UUID, Service | None], receivers: Mapping[UUID, Receiver] = _NOBODY
    ) -> Directory:
        """Return a snapshot with these services and receivers replaced; None = no longer active."""
        merged: dict[UUID, Service | None] = {**self._by_id, **changes}
        active = (service for service in merged.values() if service is not None)
        return Directory(active, {**self._receivers, **receivers})
