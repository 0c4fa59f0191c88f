"""The words of the protocol: rules as they stand in a pack, and what evaluating them gives.

Everything here is immutable and plain data, so a pack can be shared by every request of a process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from unavez_shared.protocol.conditions import Condition
from unavez_shared.protocol.vocabulary_types import FactSpec, Language, PacketCategory, ServiceType, Text


class Basis(StrEnum):
    """Why something may leave, weakest first (PROTOCOL 5.5)."""

    CONSENT = "consent"
    LEGAL_DUTY = "legal_duty"
    VITAL_INTEREST = "vital_interest"

    @property
    def strength(self) -> int:
        """Return 0 for the weakest: when rules merge, the strongest wins."""
        return _STRENGTH[self]


_STRENGTH = {Basis.CONSENT: 0, Basis.LEGAL_DUTY: 1, Basis.VITAL_INTEREST: 2}


class Kind(StrEnum):
    """What a rule gives."""

    REFERRAL = "referral"
    TASK = "task"
    CONSTRAINT = "constraint"


class Mode(StrEnum):
    """Where a fallback is looked for (PROTOCOL 5.8)."""

    LOCAL = "local"
    OTHER_REGION = "other_region"
    """The same service in a department other than that of `places.current`."""
    REMOTE = "remote"
    """By telephone or video."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """One link of a rule's chain: whom to try when nobody can take the row itself."""

    service_type: str
    mode: Mode = Mode.LOCAL


@dataclass(frozen=True, slots=True)
class Hold:
    """What a rule waits for: a task answered, or another service of the plan having accepted."""

    services: tuple[str, ...] = ()
    """Any of these in the state "accepted", fallbacks included, satisfies the hold."""
    task: str | None = None
    lift_if_none: bool = False
    """When the plan has none of `services`: lifted, and the focal point is told; else it becomes RELEASE-<service>."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the protocol, with the law it rests on."""

    id: str
    kind: Kind
    when: Condition
    services: tuple[str, ...]
    """Service types; for tasks and constraints their codes (`SUPPRESS:X` takes service type X out)."""
    jurisdiction: str
    basis: Basis | None
    """None for tasks and constraints: they stay inside."""
    due_hours: int
    ack_hours: int | None
    categories: tuple[str, ...]
    legal_source: str
    confidence: str
    needs_review: bool
    """A Peruvian lawyer must read it before it is used with real people; shown wherever the rule is shown."""
    human_confirm: bool
    fallbacks: tuple[Fallback, ...]
    note: str
    line: int
    """Where it stands in rules.yaml, for whoever checks it."""
    hold_until: Hold | None = None
    via: str | None = None
    guards: tuple[str, ...] = ()
    unmet_code: str | None = None
    second_confirmer: bool = False
    replaces: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    matches: Callable[[Mapping[str, Any]], bool] = field(compare=False, repr=False, kw_only=True)
    """`when`, compiled once."""

    def in_force(self, at: date) -> bool:
        """Return whether the rule holds on that day."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Probe:
    """The values worth trying for one unknown fact, and the rules (by position) that could answer differently."""

    fact: str
    values: tuple[Any, ...]
    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Handling:
    """One instruction that stands first in every packet and never says why (SAFETY N8)."""

    code: str
    text: Text
    constraint: str | None
    """The constraint that gives it; None when a condition or intake itself does."""
    when: Callable[[Mapping[str, Any]], bool] | None = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of one country's protocol, validated and compiled."""

    id: str
    version: str
    valid_from: date
    jurisdictions: tuple[str, ...]
    rules: tuple[Rule, ...]
    facts: Mapping[str, FactSpec]
    services: Mapping[str, ServiceType]
    not_routed: Mapping[str, str]
    """Service types no rule asks for, each with the reason (SAFETY N20)."""
    tasks: Mapping[str, Text]
    constraints: Mapping[str, Text]
    unmet_codes: Mapping[str, Text]
    refusal_reasons: Mapping[str, Text]
    """Why an agency says no."""
    categories: Mapping[str, PacketCategory]
    offer_fields: tuple[tuple[str, str], ...]
    """(category, pointer): what an offer may show before it is accepted."""
    handling: Mapping[str, Handling]
    languages: Mapping[str, Language]
    countries: frozenset[str]
    probes: tuple[Probe, ...]

    def rule(self, rule_id: str) -> Rule:
        """Return one rule by its id; KeyError when the pack has none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@dataclass(frozen=True, slots=True)
class RequiredRow:
    """One service she needs in one place, before anyone looks for who could take it."""

    service_type: str
    jurisdiction: str
    """The label; it never changes when the place falls back."""
    place: str | None
    """6-digit UBIGEO the row is for; None: the whole country, abroad, unknown, or a safe district (secret)."""
    basis: Basis
    due_hours: int
    ack_hours: int | None
    rules: tuple[Rule, ...]
    """Every rule that asks for it, in file order; holds, guards and categories stay each rule's own."""
    fallbacks: tuple[Fallback, ...]
    unmet_code: str
    """The code of the unmet need when nobody takes it."""
    avoided_provinces: frozenset[str] = frozenset()
    """4-digit provinces a safe-district row must not be in."""
    near: str | None = None
    """2-digit department of `places.current`, for a safe-district row."""

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Return the ids of its rules in file order."""
        return tuple(rule.id for rule in self.rules)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """Work for a person of the team; never leaves the organization."""

    code: str
    due_hours: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class ConstraintRow:
    """Something every step of the plan must respect."""

    code: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class SuppressedRow:
    """A service type nothing may go to, listed even when no rule asked for it."""

    service_type: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the protocol requires for these facts, in the order of the rules."""

    protocol_version: str
    rows: tuple[RequiredRow, ...]
    tasks: tuple[TaskRow, ...]
    constraints: tuple[ConstraintRow, ...]
    suppressed: tuple[SuppressedRow, ...]
    handling: tuple[str, ...]
    """Handling codes for every packet of the case."""
    open_facts: tuple[str, ...]
    """Unknown facts any one of whose values would change the plan; they add and remove nothing."""

    @property
    def suppressed_types(self) -> frozenset[str]:
        """Return the service types nothing may go to."""
        return frozenset(row.service_type for row in self.suppressed)
