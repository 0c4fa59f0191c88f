"""What a command of the router reads and writes, and the protocol it plans by."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_referral_router.adapters.dossier_store import DossierStore
from unavez_referral_router.adapters.projection import DirectoryProjection
from unavez_referral_router.adapters.reads import Reads
from unavez_referral_router.adapters.work_changes import Writes
from unavez_referral_router.domain.plan.planner import Planner


@dataclass(frozen=True, slots=True)
class Stores:
    """Third argument of every use-case: `(command, work, stores)`."""

    dossiers: DossierStore
    reads: Reads
    writes: Writes
    projection: DirectoryProjection
    planner: Planner
    demo: bool
