"""Who a feed is for. An organization can be both; the two feeds never mix (SAFETY N7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from unavez_shared.contracts.actor import Actor, Role


class Audience(StrEnum):
    """Team events carry case ids; an agency must never see one, so each audience has a feed of its own."""

    AGENCY = "agency"
    TEAM = "team"


READERS: tuple[Role, ...] = (Role.AGENCY, Role.FRONTLINE, Role.COORDINATOR)
"""The roles that have a feed."""


@dataclass(frozen=True, slots=True, order=True)
class Feed:
    """One gapless sequence of events: an organization's, in one of its two functions."""

    organization_id: UUID
    audience: Audience


def feed_of(actor: Actor) -> Feed:
    """Return the feed this caller reads and subscribes to."""
    audience = Audience.AGENCY if actor.role is Role.AGENCY else Audience.TEAM
    return Feed(actor.organization_id, audience)
