"""What the router keeps of a case and of its plan, and who takes a step in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from unavez_referral_router.domain.referrals.states import Party


@dataclass(frozen=True, slots=True)
class Case:
    """What the router keeps of a case in clear: ids, whose it is, when it was taken."""

    case_id: UUID
    organization_id: UUID
    team: tuple[str, ...]
    focal_point: str | None
    captured_at: datetime
    demo: bool
    author: str | None = None
    """Who registered it, where it waits for a coordinator: that one cannot be the coordinator."""

    @property
    def persons(self) -> list[str]:
        """Subjects of those who hear of it: the team, and whoever is its focal point now."""
        return sorted({*self.team, *([self.focal_point] if self.focal_point else [])})


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan's own state."""

    plan_id: UUID
    version: int = 1
    confirmed_by: str | None = None
    second_confirmed_by: str | None = None
    guards_answered: bool = False
    released: frozenset[str] = frozenset()
    ended: frozenset[int] = frozenset()
    """Rows nobody is left for."""
    waits_since: datetime | None = None
    """Since when nothing of it leaves before a coordinator confirms; None = it does not wait for one."""

    @property
    def status(self) -> Literal["proposed", "confirmed"]:
        """What a worker confirmed is not confirmed yet while a coordinator has to."""
        return "proposed" if self.confirmed_by is None or self.waits_since is not None else "confirmed"


@dataclass(frozen=True, slots=True)
class StepAuthor:
    """Who took a step, for the history."""

    party: Party
    subject: str | None = None
    reason: str | None = None
    note_code: str | None = None
    channel: str | None = None
    who: str | None = None

    @property
    def by_team(self) -> bool:
        """Whether her team took the step itself, an answer on behalf of the receiver included."""
        return self.party in _TEAM or self.channel is not None


_TEAM = frozenset({Party.TEAM, Party.COORDINATOR})
ROUTER = StepAuthor(Party.ROUTER)
