"""What her team sees of a case, and when (SAFETY N1, ADR 19).

A front door's refusal tells where its houses are not, and the minute it takes tells whether it had to think. Her team
sees a refusal, and all that follows from it, at the next full half hour; an acceptance, and what it records itself, at
once, with all that came before it in the row. The router goes on at once whatever is seen.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from unavez_referral_router.domain.referrals.case import StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes
from unavez_referral_router.domain.referrals.deadlines import next_half_hour
from unavez_referral_router.domain.referrals.dossier import Dossier
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status

_REFUSALS = frozenset({Status.REJECTED, Status.EXPIRED, Status.FAILED, Status.CANCELLED})


def seen_from(dossier: Dossier, referral: Referral, to: Status, author: StepAuthor) -> datetime | None:
    """Return when her team sees a step of a referral and what follows from it; None: at once.

    Both of its own steps and an acceptance come after `show_row`: nothing of their row is unseen any more.
    """
    if referral.unseen(dossier.now):
        return referral.shown_at
    seen_at = dossier.now
    if to is Status.EXPIRED and referral.respond_by is not None:  # not before the time her team was shown for it
        seen_at = max(seen_at, referral.as_team_counts(min(referral.respond_by, dossier.now)))
    if to in _REFUSALS and not author.by_team and dossier.is_hidden(referral):
        return max(next_half_hour(dossier.now), next_half_hour(seen_at - timedelta.resolution))
    return seen_at if seen_at > dossier.now else None


def clock_seen_from(dossier: Dossier, referral: Referral, ran_out: datetime) -> datetime | None:
    """Return when her team sees what a clock of an open offer brings: as long after it sees the offer; None: at once.

    Else a call two minutes too early would tell when the front door before it said no.
    """
    seen_at = referral.as_team_counts(ran_out)
    if referral.shown_at is not None:
        seen_at = max(seen_at, referral.shown_at)
    return seen_at if seen_at > dossier.now else None


def show_row(dossier: Dossier, row_number: int) -> None:
    """Let her team see from now on all that happened in a row, and what the clocks of its offers brought."""
    of_row = [one for one in dossier.referrals.values() if one.row_number == row_number]
    if any(one.shown_at is not None or one.asked_at is not None for one in of_row):
        dossier.changes.shown_rows.add(row_number)
        _show(dossier, of_row)


def show_due(dossier: Dossier) -> None:
    """Let her team see what its time has come for."""
    _show(dossier, [one for one in dossier.referrals.values() if not one.unseen(dossier.now)])


def as_team_sees(dossier: Dossier) -> Dossier:
    """Return the dossier as her team sees it now: to look at, not to save."""
    seen = {referral.referral_id: referral.as_team_sees(dossier.now) for referral in dossier.referrals.values()}
    unseen = {
        one.row_number
        for one in dossier.referrals.values()
        if one.unseen(dossier.now) or one.escalation_unseen(dossier.now)
    }
    return replace(
        dossier,
        record=replace(dossier.record, ended=dossier.record.ended - unseen),
        referrals={referral_id: referral for referral_id, referral in seen.items() if referral is not None},
        changes=Changes(),
        _progress=None,
    )


def _show(dossier: Dossier, referrals: list[Referral]) -> None:
    dossier.changes.shows = True
    for referral in referrals:
        if referral.shown_at is None:
            continue
        dossier.put(referral.unveiled(min(referral.shown_at, dossier.now)))
        if referral.status != referral.shown_status:
            dossier.changes.shown.append(referral.referral_id)
