"""A plan in plain data: rows, what each rule of a row asks, who could take it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from unavez_referral_router.domain.matching.candidates import Candidate
from unavez_referral_router.domain.matching.route import RouteStep
from unavez_referral_router.domain.plan.consent import Cover

VITAL, DUTY, CONSENT = "vital_interest", "legal_duty", "consent"


@dataclass(frozen=True, slots=True)
class Awaits:
    """What a rule waits for: one of these accepted."""

    services: tuple[str, ...]
    lifted_if_none: bool


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """One rule of a row: on what basis, what it lets be read, what it waits for."""

    id: str
    basis: str
    categories: tuple[str, ...]
    legal_source: str
    confidence: str
    needs_review: bool
    open_guards: tuple[str, ...] = ()
    """Guard facts nobody has answered."""
    awaits: Awaits | None = None
    task: str | None = None
    second_confirmer: bool = False
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Unmet:
    """One need nobody meets."""

    code: str
    service_type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One required service at one jurisdiction."""

    number: int
    service_type: str
    jurisdiction: str
    place: str | None
    """6-digit district the row is for; None for national and safe_district."""
    basis: str
    due_hours: int
    ack_hours: int | None
    rules: tuple[RuleTerms, ...]
    candidates: tuple[Candidate, ...]
    route: tuple[RouteStep, ...]
    """Empty in a preview: it is worked out when the case is registered."""
    unmet: Unmet | None
    unmet_code: str
    digest: str
    """Hexadecimal; see `digest`."""
    cover: Cover
    shown: bool
    """A person saw exactly this row: the posted preview digest covers it."""
    refused: bool
    """She does not want this service and the law lets her refuse."""
    overridden: bool
    """She refused, and it goes all the same: she is told first."""

    @property
    def vital(self) -> bool:
        """Whether the strongest basis is her vital interest."""
        return self.basis == VITAL

    def front_door(self, organization_id: UUID | None, service_type: str | None) -> RouteStep | None:
        """Return the step of a front door for one kind of service; None when that receiver is no front door."""
        for step in self.route:
            if step.houses is not None and (step.organization_id, step.service_type) == (organization_id, service_type):
                return step
        return None

    def is_public(self, service_id: UUID | None) -> bool:
        """Tell whether a service of the route stands in the list under its own name."""
        return any(candidate.service_id == service_id for candidate in self.candidates if candidate.service_id)

    def hides(self, organization_id: UUID | None) -> bool:
        """Tell whether an organization stands in the list as the front door of a hidden service (SAFETY N1)."""
        return any(
            candidate.service_id is None and candidate.organization_id == organization_id
            for candidate in self.candidates
        )

    @property
    def via(self) -> str | None:
        """The body that is notified when this row is offered and answered."""
        return next((rule.via for rule in self.rules if rule.via), None)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """A task or constraint of the plan, or a suppressed service type, with the rules that ask for it."""

    code: str
    rules: tuple[str, ...]
    due_hours: int | None = None


@dataclass(frozen=True, slots=True)
class Avoided:
    """Whom a third party would rather not see asked: no refusal of hers; whoever confirms reads it (PROTOCOL 5.3)."""

    organizations: tuple[UUID, ...]
    service_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the protocol requires for one set of facts."""

    protocol_version: str
    digest: str
    rows: tuple[Row, ...]
    tasks: tuple[PlanItem, ...]
    constraints: tuple[PlanItem, ...]
    suppressed: tuple[PlanItem, ...]
    open_facts: tuple[str, ...]
    handling: tuple[str, ...]
    complete: bool
    """A draft or paused intake plans only vital interest."""
    duty_notice: bool
    lawyer_first: bool
    """CRIME and account wait for her lawyer (rule S9)."""
    avoided: tuple[UUID, ...] = ()
    """Organizations she does not want."""
    avoided_types: tuple[str, ...] = ()
    """Kinds of service she does not want."""
    reporter_avoids: Avoided | None = None
    """Of a third party's report that names any."""
