"""One case in the hand of one command: the plan, what people did with it, its referrals, and what follows.

Plain decisions, no clock and no database: the same dossier and the same step always give the same changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.service import Service
from unavez_referral_router.domain.plan.conditions import Progress
from unavez_referral_router.domain.plan.grants import grants
from unavez_referral_router.domain.plan.plan import Plan, Row
from unavez_referral_router.domain.referrals.case import Case, PlanRecord, StepAuthor
from unavez_referral_router.domain.referrals.changes import Changes, Step
from unavez_referral_router.domain.referrals.referral import Referral
from unavez_referral_router.domain.referrals.states import EVENTS, HELPING, Status
from unavez_shared.contracts.event_data import Grant
from unavez_shared.protocol.packet import LAWYER


@dataclass(slots=True)
class Dossier:
    """The aggregate."""

    case: Case
    record: PlanRecord
    plan: Plan
    directory: Directory
    now: datetime
    referrals: dict[UUID, Referral] = field(default_factory=dict)
    changes: Changes = field(default_factory=Changes)
    _granted: dict[UUID, list[Grant]] = field(default_factory=dict)
    _progress: Progress | None = None
    """Worked out when it is asked for, until the next step."""
    _until: datetime | None = None
    """When her team sees what is decided now; None: at once."""

    @property
    def seen_at(self) -> datetime:
        """When her team sees what is decided now."""
        return self._until or self.now

    @contextmanager
    def unseen(self, until: datetime | None) -> Iterator[None]:
        """Let her team see all that is decided within at this time (ADR 19); None: at once."""
        changes = self.changes
        tasks, unmet = len(changes.tasks), len(changes.unmet)
        self._until = until
        yield
        self._until = None
        if until is not None:
            changes.tasks[tasks:] = [replace(order, shown_at=until) for order in changes.tasks[tasks:]]
            changes.unmet[unmet:] = [replace(order, shown_at=until) for order in changes.unmet[unmet:]]

    def progress(self) -> Progress:
        """Return what people have done so far."""
        if self._progress is None:
            self._progress = self._work_out_progress()
        return self._progress

    def _work_out_progress(self) -> Progress:
        record = self.record
        return Progress(
            coordinator_first=record.waits_since is not None,
            confirmed=record.confirmed_by is not None,
            guards_answered=record.guards_answered,
            second_confirmed=record.second_confirmed_by is not None,
            released=record.released,
            accepted=frozenset(referral.row_number for referral in self.referrals.values() if referral.helped),
            ended=record.ended,
            has_lawyer=any(r.service_type == LAWYER and r.status in HELPING for r in self.referrals.values()),
        )

    def row_of(self, referral: Referral) -> Row:
        """Return the row a referral is for."""
        return self.plan.rows[referral.row_number]

    def houses_of(self, referral: Referral) -> tuple[Service, ...] | None:
        """Return which houses behind the front door it was offered to may take her; None for any other receiver."""
        if not self.is_hidden(referral):
            return None
        step = self.row_of(referral).front_door(referral.organization_id, referral.receiving_type)
        if step is None:
            return None  # planned before front doors were told
        found = (self.directory.get(service_id) for service_id in step.houses or ())
        return tuple(house for house in found if house is not None and house.receiver_id == step.organization_id)

    def is_hidden(self, referral: Referral) -> bool:
        """Tell whether it was offered to the front door of a hidden service: what it answers tells no place."""
        row = self.row_of(referral)
        return row.hides(referral.organization_id) and not row.is_public(referral.service_id)

    def service_of(self, referral: Referral) -> Service | None:
        """Return the receiver's own service a referral is for; None for a front door, and once it is closed."""
        if self.is_hidden(referral):
            return None  # as it was when it was planned, whatever the directory says now
        return self.directory.own_service(referral.organization_id, referral.service_id)

    def of_row(self, row: Row) -> list[Referral]:
        """Return every referral of a row, oldest first."""
        return [referral for referral in self.referrals.values() if referral.row_number == row.number]

    def draft_of(self, row: Row) -> Referral | None:
        """Return the row's referral that nobody was offered yet."""
        return next((referral for referral in self.of_row(row) if referral.status is Status.DRAFT), None)

    def add(self, referral: Referral) -> None:
        """Take a new referral in."""
        referral = replace(referral, shown_at=self._until)
        self._keep(referral)
        self.changes.created[referral.referral_id] = referral

    def put(self, referral: Referral) -> None:
        """Replace a referral without a step: a mark of the timer."""
        self._keep(referral)
        changes = self.changes
        bucket = changes.created if referral.referral_id in changes.created else changes.updated
        bucket[referral.referral_id] = referral

    def move(self, referral: Referral, to: Status, author: StepAuthor) -> Referral:
        """Take a step that was found legal: next version, history line, event unless it was never offered."""
        moved = replace(referral, status=to, version=referral.version + 1, reason=author.reason)
        if to is Status.ACCEPTED:
            moved = replace(moved, accepted_at=self.now)
        if self._until is not None:
            moved = self.referrals[referral.referral_id].veiled(moved, self._until, self.now)
            moved = replace(moved, asked_at=self._until) if to is Status.REQUESTED else moved
        else:
            moved = moved.unveiled(self.now)
        self.put(moved)
        self._record_step(moved, author)
        if moved.offered_at is not None:
            self.changes.notices.append((EVENTS[to], moved.referral_id))
        return moved

    def update_record(self, record: PlanRecord) -> None:
        """Change the plan's own state."""
        self._keep_record(replace(record, version=record.version + 1))

    def end_row(self, row: Row) -> None:
        """Remember that nobody is left for a row."""
        self._keep_record(replace(self.record, ended=self.record.ended | {row.number}))

    def record_grants(self) -> None:
        """Record what each live offer lets be read, before anything changes."""
        self._granted = {referral.referral_id: self.grants_of(referral) for referral in self._live()}

    def record_rescoped(self) -> None:
        """Record which live offers now let more, or less, be read: no step of status, so `version` does not move."""
        for referral in list(self._live()):
            before = self._granted.get(referral.referral_id)
            if before is not None and before != self.grants_of(referral):
                self.put(replace(referral, scope_version=referral.scope_version + 1))
                self.changes.rescoped.append(referral.referral_id)

    def grants_of(self, referral: Referral) -> list[Grant]:
        """Return what the receiver of a referral may read, rule by rule; of a draft, what anybody might."""
        row = self.row_of(referral)
        if referral.organization_id is None or referral.receiving_type is None:
            agreed = row.cover.widest
        else:
            agreed = row.cover.of(referral.organization_id, referral.receiving_type)
        return grants(self.plan, row, self.progress(), agreed)

    def _keep(self, referral: Referral) -> None:
        self.referrals[referral.referral_id] = referral
        self._progress = None

    def _keep_record(self, record: PlanRecord) -> None:
        self.record = record
        self.changes.record_changed = True
        self._progress = None

    def _live(self) -> Iterable[Referral]:
        return (referral for referral in self.referrals.values() if referral.open and referral.offered_at is not None)

    def _record_step(self, referral: Referral, author: StepAuthor) -> None:
        self.changes.steps.append(
            Step(
                referral_id=referral.referral_id,
                version=referral.version,
                status=referral.status.value,
                at=self.now,
                party=author.party.value,
                subject=author.subject,
                reason=author.reason,
                note_code=author.note_code,
                channel=author.channel,
                who=author.who,
                shown_at=self._until,
            )
        )
