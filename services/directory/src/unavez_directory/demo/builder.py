"""Collects invented entries and gives them stable ids and telephone numbers nobody can have."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from unavez_shared.protocol import places

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:unavez:demo-directory")
_NOTE = "Datos ficticios de demostración / Fictional demonstration data."
_PHONES_VERIFIED_ON = "2026-06-01"


def demo_id(*parts: str) -> str:
    """Return the id an invented entry always has."""
    return str(uuid5(_NAMESPACE, ":".join(parts)))


class Builder:
    """The bundle under construction."""

    def __init__(self) -> None:
        self._organizations: dict[str, dict[str, Any]] = {}
        self._locations: dict[str, dict[str, Any]] = {}
        self._services: list[dict[str, Any]] = []
        self._phones = 0

    def organization(self, key: str, name: str) -> str:
        """Add an organization once and return its id; `name` says itself that it is invented."""
        organization_id = demo_id("organization", key)
        entry = {"id": organization_id, "name": name, "description": f"{name}. {_NOTE}"}
        self._organizations.setdefault(organization_id, entry)
        return organization_id

    def answers(self, organization_id: str) -> None:
        """Give the organization a telephone of its own: it answers for others."""
        organization = self._organizations[organization_id]
        if "phone" not in organization:
            organization["phone"] = self._phone()

    def location(self, organization_id: str, district: str) -> str:
        """Add the organization's place in a district once and return its id."""
        location_id = demo_id("location", organization_id, district)
        self._locations[location_id] = {
            "id": location_id,
            "organization_id": organization_id,
            "name": f"Local en {places.district_name(district)} (ficticio)",
            "ubigeo": district,
            "address": "Dirección ficticia s/n",
        }
        return location_id

    def service(
        self,
        organization_id: str,
        service_type: str,
        name: str,
        *,
        district: str | None,
        areas: list[str],
        with_phone: bool = True,
        **more: Any,
    ) -> None:
        """Add a service, one of its type for an organization and a district; without a district it has no place."""
        entry: dict[str, Any] = {
            "id": demo_id("service", organization_id, service_type, district or "-"),
            "organization_id": organization_id,
            "service_type": service_type,
            "name": f"{name} (ficticio)",
            "description": f"{name}. {_NOTE}",
            "status": "active",
            "tier": "public",
            "delivery": "system",
            "served_areas": areas,
            "languages": ["spa"],
            "schedule": "Lunes a viernes, 8:00-17:00",
        }
        if district is not None:
            entry["location_id"] = self.location(organization_id, district)
        if with_phone:
            entry |= {"phone": self._phone(), "phone_verified_on": _PHONES_VERIFIED_ON}
        self._services.append(entry | more)

    def bundle(self) -> dict[str, Any]:
        """Return what was collected, marked as invented."""
        return {
            "schema": "unavez-directory/1",
            "fictional": True,
            "organizations": list(self._organizations.values()),
            "locations": list(self._locations.values()),
            "services": self._services,
        }

    def _phone(self) -> str:
        self._phones += 1
        return f"000 {self._phones // 1000:03d} {self._phones % 1000:03d}"
