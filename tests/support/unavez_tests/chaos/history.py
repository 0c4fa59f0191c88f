"""What happened in one run, as data: everything the checker judges, and nothing it would have to ask for.

Collected by `collect.py` from outside (HTTP answers, webhook receipts, pulls) and from the databases at rest, so that
what was silently lost is seen as well as what was answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Channel = str
OrganizationId = str

OFFERED = "pe.unavez.referral.offered.v1"

ANNOUNCES: Mapping[str, str] = {
    "requested": OFFERED,
    "cancelled": "pe.unavez.referral.cancelled.v1",
    "expired": "pe.unavez.referral.expired.v1",
    "entered-in-error": "pe.unavez.referral.entered_in_error.v1",
}
"""Which steps of a referral its organization hears: what others did to it. It knows what it did itself."""


@dataclass(frozen=True)
class Posted:
    """One intake a frontline app sent, as often as it took."""

    record_id: str
    case_id: str | None
    """None = never answered 200 or 201, however often it was repeated."""
    expected: Counter[tuple[str, str]]
    """Service type and jurisdiction of every referral the protocol names."""
    may_be_asked: Mapping[tuple[str, str], frozenset[OrganizationId]]
    """By the preview: the candidates of each row that leaves, at once or after another row's answer.

    A row that waits for a person (a consent, a second confirmation, a task) has none: nobody here is one."""


@dataclass(frozen=True)
class Seen:
    """What the first plan of a case said may leave, before anybody acted on it."""

    case_id: str
    may_leave: frozenset[tuple[str, str]]
    """Service type and jurisdiction of the rows nothing withholds and somebody could take."""


@dataclass(frozen=True)
class Referral:
    """One referral as the router's database has it when all is quiet."""

    referral_id: str
    case_id: str
    service_type: str
    jurisdiction: str
    row: int
    offered_as: str
    """The type of the service that got it: another one than `service_type` when that is a fallback."""
    organization_id: OrganizationId | None
    service_id: str | None
    """Which of its services: a front door is asked once for each house behind it."""
    steps: tuple[str, ...]
    """The states it went through, by version."""


@dataclass(frozen=True)
class Act:
    """A transition somebody asked for and the router answered with 200."""

    referral_id: str
    to: str


@dataclass(frozen=True)
class Told:
    """One event as an agency meets it."""

    event_id: str
    type: str
    subject: str
    digest: str
    """Of its bytes: the same on every channel."""


@dataclass(frozen=True)
class Standing:
    """One event in a feed."""

    position: int
    event: Told


@dataclass(frozen=True)
class PacketRead:
    """One attempt to open a packet."""

    organization_id: OrganizationId
    referral_id: str
    status_code: int


@dataclass
class History:
    """One run."""

    posted: list[Posted] = field(default_factory=list)
    committed_cases: set[str] = field(default_factory=set)
    """Cases in intake's database that were registered in this run, answered or not."""
    referrals: dict[str, Referral] = field(default_factory=dict)
    unmet: dict[str, dict[int, str]] = field(default_factory=dict)
    """By case and row: the service type nobody offers, or nobody took."""
    plans: list[Seen] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    serves: dict[OrganizationId, set[str]] = field(default_factory=dict)
    """Service types each organization may be offered, by the directory: its own and those it is the front door of."""
    feeds: dict[OrganizationId, list[Standing]] = field(default_factory=dict)
    """Every agency feed, whole, in the order it was read."""
    effects: dict[Channel, dict[OrganizationId, list[Told]]] = field(default_factory=dict)
    """What each channel made each agency do, in order: the second arrival of one event id is no effect."""
    listens_after: dict[Channel, dict[OrganizationId, int]] = field(default_factory=dict)
    """From which feed position on a channel owes this organization every event."""
    packets: list[PacketRead] = field(default_factory=list)
    leftovers: dict[str, int] = field(default_factory=dict)
    """Rows and messages that should have been worked off: outbox, parked, pending deliveries, queues."""
    allowed_leftovers: Mapping[str, int] = field(default_factory=dict)
    """What the fault itself put there to stay, such as forged messages an operator has to see."""
    audit_findings: Sequence[str] = ()
    """What `audit verify` says of the four chains."""
    server_errors: Sequence[str] = ()
    """Answers of 500: a fault is answered 503, or late, never by falling over."""
    deaths: list[str] = field(default_factory=list)
    """Processes that ended by themselves: a fault is lived through, not left to whoever starts them again."""
