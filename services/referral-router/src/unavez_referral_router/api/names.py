"""Names beside ids, added where an answer leaves: from the directory as it is now, so a rename is seen at once.

Nothing that is planned, digested or stored holds a name. What was not offered names public organizations alone: 25
previews would list every front door (SAFETY N3). With the offered referral, or its task, her team gets name and
contact of whoever was asked. A service is named to its own organization and to her team; a front door's is never.
"""

from __future__ import annotations

from typing import Any

from unavez_referral_router.domain.matching.directory import Directory, Receiver
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import Status

View = dict[str, Any]


def name_candidates(view: View, directory: Directory) -> View:
    """Return the view of a preview or a plan with `organization_name` beside each candidate."""
    for row in view["referrals"]:
        for candidate in row["candidates"]:
            candidate["organization_name"] = directory.public_name(candidate["organization_id"])
    return view


def name_receiver(view: View, directory: Directory) -> View:
    """Return the view of a referral with the name of the organization it was offered to; for an agency its own."""
    receiver = _asked(view, directory)
    return {**view, "organization_name": None if receiver is None else receiver.name}


def name_receivers(view: View, directory: Directory) -> View:
    """Return the team's view of a referral with name and contact, and the names of whom its row was offered to."""
    named = {**name_receiver(view, directory), "organization_contact": _contact(_asked(view, directory))}
    if view.get("offered_to") is not None:
        named["offered_to"] = [name_receiver(offer, directory) for offer in view["offered_to"]]
    return named


def name_service(view: View, referral: Referral, directory: Directory) -> View:
    """Return the view of a referral with the receiver's own service it is for; null for a front door (SAFETY N1)."""
    service = directory.own_service(referral.organization_id, referral.service_id)
    known = (None, None) if service is None else (service.service_id, service.name)
    return {**view, **dict(zip(("service_id", "service_name"), known, strict=True))}


def name_task(view: View, directory: Directory) -> View:
    """Return the view of a task with name and contact of whoever has to be called or visited."""
    receiver = directory.receiver(view["receiver_organization_id"])
    name = None if receiver is None else receiver.name
    return {**view, "receiver_organization_name": name, "receiver_contact": _contact(receiver)}


def _asked(view: View, directory: Directory) -> Receiver | None:
    return None if view["status"] == Status.DRAFT else directory.receiver(view["organization_id"])


def _contact(receiver: Receiver | None) -> View | None:
    return None if receiver is None else {"phone": receiver.phone, "email": receiver.email}
