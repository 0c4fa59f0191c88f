"""Who a feed is for: an agency, the coordinators of an organization, or one person of a case's team (SAFETY N10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self
from uuid import UUID

from unavez_shared.contracts.actor import NOBODY, Actor, Role


class Audience(StrEnum):
    """Team events carry case ids: an agency must never see one, and a colleague none of a case that is not hers."""

    AGENCY = "agency"
    COORDINATORS = "team"
    """Stored under the name it had when one feed served the whole team."""
    PERSON = "person"


READERS: tuple[Role, ...] = (Role.AGENCY, Role.FRONTLINE, Role.COORDINATOR)
"""The roles that have a feed."""
SUBSCRIBERS: tuple[Role, ...] = (Role.AGENCY, Role.COORDINATOR)
"""The roles whose feed may be sent elsewhere: a person of a team reads hers here (SAFETY N10)."""


class Pseudonyms(Protocol):
    """Names for persons that say nothing to who reads the database."""

    def of(self, organization_id: UUID, subject: str) -> str:
        """Return the keyed digest of one person of an organization, in hexadecimal."""


@dataclass(frozen=True, slots=True, order=True)
class Feed:
    """One gapless sequence of events."""

    organization_id: UUID
    audience: Audience
    pseudonym: str = ""
    """Whose of the organization; empty unless it is one person's."""

    @property
    def key(self) -> str:
        """Return what it is stored under, within its organization."""
        return f"{self.audience}:{self.pseudonym}" if self.pseudonym else self.audience.value

    @classmethod
    def stored(cls, organization_id: UUID, key: str) -> Self:
        """Return the feed that is stored under a key."""
        audience, _, pseudonym = key.partition(":")
        return cls(organization_id, Audience(audience), pseudonym)

    @classmethod
    def of_person(cls, organization_id: UUID, subject: str, pseudonyms: Pseudonyms) -> Self:
        """Return one person's feed."""
        return cls(organization_id, Audience.PERSON, pseudonyms.of(organization_id, subject))


def feed_of(actor: Actor) -> Feed:
    """Return the feed a subscriber subscribes to. Agency and team of one organization never mix (SAFETY N7)."""
    return Feed(actor.organization_id, Audience.AGENCY if actor.role is Role.AGENCY else Audience.COORDINATORS)


def feed_read_by(actor: Actor, pseudonyms: Pseudonyms) -> Feed:
    """Return the feed this caller reads: a frontline worker's own, else the one she could subscribe to."""
    if actor.role is Role.FRONTLINE:
        return Feed.of_person(actor.organization_id, actor.subject, pseudonyms)
    return feed_of(actor)


def feeds_of_team(organization_id: UUID, team: Iterable[str], pseudonyms: Pseudonyms) -> tuple[Feed, ...]:
    """Return the feeds of those who hear of a case: its organization's coordinators and each person of its team.

    None for a case of `NOBODY`: a third party's, while no duty organization is named.
    """
    if organization_id == NOBODY:
        return ()
    persons = (Feed.of_person(organization_id, subject, pseudonyms) for subject in team)
    return (Feed(organization_id, Audience.COORDINATORS), *persons)
