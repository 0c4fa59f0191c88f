"""From a token's claims to an `Actor`; foreign issuers may call them otherwise (`UNAVEZ_OIDC_CLAIMS`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from unavez_shared.contracts.actor import NOBODY, Actor, Role
from unavez_shared.contracts.errors import StartupError

_NAMES: Final = ("sub", "role", "organization_id", "unit", "districts")
_RESTRICTIONS: Final = ("unit", "districts")
_MAX_TEXT: Final = 255
_ROLES: Final = frozenset(role.value for role in Role)


class ClaimNames:
    """Which claim of the issuer carries what we need."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self._names = {name: name for name in _NAMES} | dict(names or {})

    @classmethod
    def parse(cls, text: str | None) -> ClaimNames:
        """Read `role=…,organization_id=…`. Raises `StartupError` for a name we do not map."""
        names: dict[str, str] = {}
        for pair in filter(None, (text or "").split(",")):
            ours, separator, theirs = (part.strip() for part in pair.partition("="))
            if ours not in _NAMES or not separator or not theirs:
                raise StartupError("UNAVEZ_OIDC_CLAIMS: expected role=…,organization_id=…,sub=…,unit=…,districts=…")
            names[ours] = theirs
        return cls(names)

    def actor(self, claims: Mapping[str, Any]) -> Actor:
        """Return the caller. Raises `ValueError` when a claim is missing or not what it should be.

        Nothing restricts by unit or district yet: a token that carries either is refused, not read as unrestricted.
        """
        if any(claims.get(self._names[name]) is not None for name in _RESTRICTIONS):
            raise ValueError("restriction")
        return Actor(
            subject=self._text(claims, "sub"),
            role=Role(self._role(claims)),
            organization_id=self._organization(claims),
        )

    def _text(self, claims: Mapping[str, Any], name: str) -> str:
        value = claims.get(self._names[name])
        if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or "\x00" in value:
            raise ValueError("claim")
        return value

    def _organization(self, claims: Mapping[str, Any]) -> UUID:
        organization_id = UUID(self._text(claims, "organization_id"))
        if organization_id == NOBODY:
            raise ValueError("organization_id")
        return organization_id

    def _role(self, claims: Mapping[str, Any]) -> str:
        value = claims.get(self._names["role"])
        if isinstance(value, list):  # issuers often give all roles of a person: exactly one may be ours
            ours = [role for role in value if isinstance(role, str) and role in _ROLES]
            value = ours[0] if len(ours) == 1 else None
        if not isinstance(value, str):
            raise ValueError("role")  # noqa: TRY004  (one kind of refusal, whatever was wrong)
        return value
