"""Who compares the ids two agencies got finds nothing: made of time, ids of one moment begin alike (SAFETY N7)."""

from __future__ import annotations

from typing import Any

from unavez_referral_router.domain.referrals.decisions.offers import offer_next

RANDOM = 4
"""The version of a UUID that is random and nothing else."""


def test_every_referral_of_a_plan_and_each_that_follows_has_a_random_id(
    open_of: Any, vignettes: dict[str, dict[str, Any]]
) -> None:
    for vignette in vignettes.values():
        dossier = open_of(vignette["facts"], vignette["places"])
        first = set(dossier.referrals)
        for row in dossier.plan.rows:
            if dossier.of_row(row):
                offer_next(dossier, row)
        following = set(dossier.referrals) - first
        assert {referral_id.version for referral_id in first} == {RANDOM}
        assert {referral_id.version for referral_id in following} == {RANDOM}
