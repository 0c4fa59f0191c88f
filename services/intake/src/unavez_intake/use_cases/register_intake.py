"""Register one interview: checked, sealed, kept and announced in one transaction, once for each client record.

The transaction is shared with the registrations that arrive at the same moment (`persistence/shared_commit.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from hmac import compare_digest
from uuid import UUID

from unavez_intake.adapters.stores import Stores
from unavez_intake.domain.checks import faults_of
from unavez_intake.domain.form import IntakeForm
from unavez_intake.domain.records import FIRST_VERSION, Account, NewIntake, PostedIntake
from unavez_intake.domain.registration import case_state, consents_of, is_third_party
from unavez_shared.contracts.actor import NOBODY, Actor
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, Fault, InvalidInputError
from unavez_shared.contracts.events import CASE_REGISTERED
from unavez_shared.persistence.database import Database, UnitOfWork
from unavez_shared.privacy.fields import CaseCipher
from unavez_shared.privacy.ids import spoken_code, uuid7
from unavez_shared.protocol import Facts, normalise

_CODE_ATTEMPTS = 3
"""A spoken code has 39 bits: a second draw is rare, a third never needed."""


@dataclass(frozen=True, slots=True)
class RegisterIntake:
    """What a frontline worker posted."""

    actor: Actor
    form: IntakeForm


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer, the same each time the same body is posted."""

    intake_id: UUID
    case_id: UUID
    case_code: str | None
    """None to a third party that posts its report again after erasure."""
    receipt: str | None
    """Set for a third-party report: then the author learns nothing else of the case (SAFETY N10)."""
    created: bool


async def register_intake(command: RegisterIntake, database: Database, stores: Stores) -> Registered:
    """Store the interview and announce its case; a third party's is the duty organization's, not its author's.

    Of one case too many it says that a coordinator has to confirm first.

    It has no record to find: it validates first, makes a key, and hands what it made to the shared commit (ADR 28).

    Raises `InvalidInputError` with everything that is wrong, `ConflictError` when this client record was posted with
    another body. Never tells, by answer or by time, whether the person is known from elsewhere.
    """
    organization_id = command.actor.organization_id
    record_digest = stores.digests.client_record(organization_id, command.form.client_record_id)
    body_digest = stores.digests.body(command.form.document)
    try:
        facts = _checked(command.form, database.clock.now(), demo=stores.demo)
    except InvalidInputError:
        # What was stored once is answered as then, whatever the rules say today; only a new record must make sense.
        async with database.transaction() as work:
            posted = await stores.intakes.find_posted(work, organization_id, record_digest)
        if posted is None:
            raise
        return _same_again(posted, body_digest, stores)
    too_many = cache(partial(stores.new_cases.too_many, command.actor))  # a shared commit may run its commands twice
    for _ in range(_CODE_ATTEMPTS):
        key = await stores.keys.reserve()
        intake = _new_intake(command, facts, stores, (key.case_id, record_digest, body_digest), database.clock.now())
        announce = partial(_announce, command=command, intake=intake, too_many=too_many, demo=stores.demo)
        add = partial(_add, intake=intake, cipher=key.cipher, stores=stores, announce=announce)
        outcome = await database.share(add)
        if isinstance(outcome, PostedIntake):
            return _same_again(outcome, body_digest, stores)
        if outcome:
            return Registered(intake.intake_id, intake.case_id, intake.case_code, intake.receipt, created=True)
    raise ConflictError(Conflict.CASE_CODE_TAKEN)


async def _add(
    work: UnitOfWork,
    *,
    intake: NewIntake,
    cipher: CaseCipher,
    stores: Stores,
    announce: Callable[[UnitOfWork], None],
) -> PostedIntake | bool:
    """Store and announce; else return what was posted under this client record, False when only the code is taken."""
    if await stores.intakes.add(work, intake, cipher):
        announce(work)
        return True
    return await stores.intakes.find_posted(work, intake.organization_id, intake.client_record_digest) or False


def _checked(form: IntakeForm, now: datetime, *, demo: bool) -> Facts:
    faults: list[Fault] = faults_of(form, now=now, demo=demo)
    try:
        facts = normalise(form.facts, form.places, captured_at=form.captured_at, birth_date=form.person.birth_date)
    except InvalidInputError as error:
        raise InvalidInputError([*_without_echoes(error.faults, faults), *faults]) from None
    if faults:
        raise InvalidInputError(faults)
    return facts


def _without_echoes(found: Sequence[Fault], faults: Sequence[Fault]) -> list[Fault]:
    # An impossible birth date gives no age: that it is missing is the same fault told twice.
    if any(fault.pointer == "/identity/birth_date" for fault in faults):
        return [fault for fault in found if fault.code != "age_required"]
    return list(found)


def _new_intake(
    command: RegisterIntake, facts: Facts, stores: Stores, made: tuple[UUID, bytes, bytes], now: datetime
) -> NewIntake:
    case_id, record_digest, body_digest = made
    form, actor, case_code = command.form, command.actor, spoken_code()
    third_party, intake_id = is_third_party(facts), uuid7()
    return NewIntake(
        intake_id=intake_id,
        case_id=case_id,
        case_code=case_code,
        receipt=stores.digests.receipt(intake_id) if third_party else None,
        organization_id=actor.organization_id,
        owner_id=(stores.duty_organization or NOBODY) if third_party else actor.organization_id,
        author=actor.subject,
        # Who reports about somebody else gets a receipt and never reads it back (SAFETY N10).
        team=() if third_party else (actor.subject,),
        client_record_digest=record_digest,
        body_digest=body_digest,
        code_digest=stores.digests.case_code(case_code),
        status=form.status,
        registered_at=now,
        account=Account(body=form.document, facts=facts.facts_json(), places=facts.places_json()),
        consents=consents_of(form, third_party=third_party),
        blind_indexes=() if third_party else stores.digests.person(form.person),
    )


def _announce(
    work: UnitOfWork, *, command: RegisterIntake, intake: NewIntake, too_many: Callable[[], bool], demo: bool
) -> None:
    coordinator_first = too_many()
    work.record(
        "intake_registered",
        actor=command.actor,
        case_id=intake.case_id,
        subject_id=intake.intake_id,
        status=intake.status,
        third_party=intake.third_party,
        consents=len(intake.consents),
        coordinator_first=coordinator_first,
    )
    state = case_state(command.form, intake, actor=command.actor, demo=demo, coordinator_first=coordinator_first)
    work.emit(CASE_REGISTERED, subject=intake.case_id, sequence=FIRST_VERSION, data=state)


def _same_again(posted: PostedIntake, body_digest: bytes, stores: Stores) -> Registered:
    """Return the answer of then. After erasure nothing of hers comes back; who reported her does not learn of it."""
    erased = posted.case_code is None
    if not compare_digest(posted.body_digest, body_digest) or (erased and not posted.third_party):
        raise ConflictError(Conflict.CLIENT_RECORD_TAKEN)
    receipt = stores.digests.receipt(posted.intake_id) if erased else posted.receipt
    return Registered(posted.intake_id, posted.case_id, posted.case_code, receipt, created=False)
