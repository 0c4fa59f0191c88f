"""One packet: what this receiver reads of her one account, now, and what it must do and not do with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unavez_intake.domain.records import Account, Milestone, PacketMaterial
from unavez_intake.domain.referrals import Referral, Stage
from unavez_intake.domain.scope import ROUTE, scope_of
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.packet import LAWYER, RESERVED, Part, project
from unavez_shared.protocol.vocabulary import CATEGORIES, SERVICE_TYPES


@dataclass(frozen=True, slots=True, repr=False)
class Packet:
    """What the receiver sees. Nothing in it names the case, the intake, the plan or another agency (SAFETY N7)."""

    referral: Referral
    stage: Stage
    part: Part | None
    """None for a service whose packet is one piece."""
    handling: tuple[str, ...]
    categories: tuple[str, ...]
    """Its shape: the same whatever she refused."""
    readable: tuple[str, ...]
    """Those of them this receiver may read: what a disclosure records. Shown to nobody."""
    fields: Mapping[str, Any]
    not_available: tuple[str, ...]
    milestones: Sequence[Milestone]


def packet_of(material: PacketMaterial, part: Part, now: datetime) -> Packet:
    """Return the packet as it stands at this moment. Raises `GoneError` when the referral is closed."""
    referral = material.referral
    stage = referral.stage(now)
    scope = scope_of(referral, material.consents, stage, now)
    in_parts = SERVICE_TYPES[referral.receiving_type].is_justice
    projection = project(
        material.account.document(),
        scope.categories,
        referral.receiving_type,
        stage=stage.value,
        part=part,
        readable=scope.readable,
        lawyer_heard=material.lawyer_heard or referral.service_type == LAWYER,
    )
    return Packet(
        referral=referral,
        stage=stage,
        part=part if in_parts else None,
        handling=handling_of(referral, material.account),
        categories=_shown(scope.categories, stage, part if in_parts else None),
        readable=_shown(scope.readable, stage, part if in_parts else None),
        fields=projection.fields,
        not_available=projection.not_available,
        milestones=material.milestones,
    )


def handling_of(referral: Referral, account: Account) -> tuple[str, ...]:
    """Return the instructions that stand first, in the order of the protocol; they never say why (SAFETY N8)."""
    codes = set(referral.handling)
    if (account.body.get("safe_contact") or {}).get("allowed") is False:
        codes.add("CONTACT-ONLY-VIA")
    order = load_pack("pe").handling
    codes.update(code for code, handling in order.items() if handling.when and handling.when(account.facts))
    return (*(code for code in order if code in codes), *sorted(codes - order.keys()))


def _shown(categories: Collection[str], stage: Stage, part: Part | None) -> tuple[str, ...]:
    """Return the categories that give this answer its shape, in the order of the protocol."""
    shown = set(categories)
    if stage is Stage.OFFER:
        shown &= {ROUTE, *(category for category, _ in load_pack("pe").offer_fields)}
    if part == "reserved":
        shown &= {ROUTE, RESERVED}
    elif part == "file":
        shown -= {RESERVED}
    return tuple(code for code in CATEGORIES if code in shown)
