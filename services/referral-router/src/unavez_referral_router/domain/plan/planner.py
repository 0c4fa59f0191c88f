"""The one way from facts to a plan, for a preview and for a case."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.assembly import Situation, make_plan
from unavez_referral_router.domain.plan.inputs import Inputs
from unavez_referral_router.domain.plan.plan import Plan
from unavez_shared.protocol import Facts, Pack, evaluate


@dataclass(frozen=True, slots=True)
class Planner:
    """The protocol in force and the key of the preview digests."""

    pack: Pack
    digest_key: bytes

    def plan(self, facts: Facts, inputs: Inputs, directory: Directory, *, with_routes: bool) -> Plan:
        """Return the plan for normalised facts by the rules in force on that day; `with_routes` for a case only."""
        situation = Situation(
            evaluation=evaluate(self.pack, facts, at=inputs.day),
            facts=facts,
            current=facts.places.current,
            inputs=inputs,
            directory=directory,
            digest_key=self.digest_key,
        )
        return make_plan(situation, with_routes=with_routes)
