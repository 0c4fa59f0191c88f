"""What is new of a dossier once it is written: a case with its plan, and the work her team sees from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from unavez_referral_router.domain.referrals.changes import TaskOrder, UnmetOrder
from unavez_referral_router.domain.referrals.dossier import Dossier


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case registered for the first time, with its plan opened."""

    dossier: Dossier
    facts: Mapping[str, Any]
    """Facts and places, to be sealed."""
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class OpenedTask:
    """A task that did not exist before."""

    task_id: UUID
    plan_id: UUID
    order: TaskOrder


@dataclass(frozen=True, slots=True)
class NewWork:
    """Tasks and unmet needs her team sees now and did not see before."""

    tasks: Sequence[OpenedTask] = ()
    unmet: Mapping[UUID, UnmetOrder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """What of a dossier is new for her team."""

    dossier: Dossier
    new: NewWork = NewWork()
    """Decided now and seen at once; none of it was on record before."""
    shown: NewWork = NewWork()
    """Decided before and seen from now on."""
