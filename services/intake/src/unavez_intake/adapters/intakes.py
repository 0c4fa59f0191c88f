"""All SQL about intakes, their revisions, teams, consents and blind indexes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text

from unavez_intake.adapters import sealed
from unavez_intake.adapters.tables import consents, intake_revisions, intake_team, intakes
from unavez_intake.domain.consents import Consent
from unavez_intake.domain.records import FIRST_VERSION, NewIntake, PostedIntake, StoredIntake
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.case_keys import CaseKeys, NoKeyError
from unavez_shared.privacy.fields import CaseCipher

_ADD = text(
    """
    WITH added AS (
        INSERT INTO intakes (intake_id, case_id, organization_id, client_record_digest, body_digest, code_digest,
                             status, version, sealed, registered_at)
        VALUES (:intake_id, :case_id, :organization_id, :client_record_digest, :body_digest, :code_digest,
                :status, :version, :sealed, :registered_at)
        ON CONFLICT DO NOTHING
        RETURNING intake_id, case_id, organization_id, version, registered_at
    ), revision AS (
        INSERT INTO intake_revisions (intake_id, version, author, written_at, sealed)
        SELECT intake_id, version, CAST(:author AS text), registered_at, CAST(:account AS bytea) FROM added
    ), team AS (
        INSERT INTO intake_team (intake_id, organization_id, subject, joined_at)
        SELECT intake_id, organization_id, subject, registered_at
        FROM added, unnest(CAST(:team AS text[])) AS subject
    ), consent AS (
        INSERT INTO consents (consent_id, case_id, kind, status, given_at, expires_at, sealed)
        SELECT given.consent_id, added.case_id, given.kind, given.status, given.given_at, given.expires_at, given.sealed
        FROM added, unnest(
            CAST(:consent_ids AS uuid[]), CAST(:consent_kinds AS text[]), CAST(:consent_statuses AS text[]),
            CAST(:consents_given_at AS timestamptz[]), CAST(:consents_expire_at AS timestamptz[]),
            CAST(:consents_sealed AS bytea[])
        ) AS given (consent_id, kind, status, given_at, expires_at, sealed)
    ), blind AS (
        INSERT INTO blind_indexes (kind, digest, case_id)
        SELECT blind.kind, blind.digest, added.case_id
        FROM added, unnest(CAST(:blind_kinds AS text[]), CAST(:blind_digests AS bytea[])) AS blind (kind, digest)
    )
    SELECT intake_id FROM added
    """
)
"""Everything of one registration in one round trip: half the time of an accepted intake is round trips."""

_POSTED = select(
    intakes.c.intake_id,
    intakes.c.case_id,
    intakes.c.body_digest,
    intakes.c.sealed,
    # Readable after erasure too: who writes an interview of her own is its team.
    (~exists().where(intake_team.c.intake_id == intakes.c.intake_id)).label("third_party"),
)

_FOR_MEMBER = (
    select(
        intakes.c.intake_id,
        intakes.c.case_id,
        intakes.c.version,
        intakes.c.registered_at,
        intakes.c.sealed,
        intake_revisions.c.sealed.label("account"),
    )
    .join(intake_team, intake_team.c.intake_id == intakes.c.intake_id)
    .join(
        intake_revisions,
        (intake_revisions.c.intake_id == intakes.c.intake_id) & (intake_revisions.c.version == intakes.c.version),
    )
)

_CONSENTS = select(
    consents.c.consent_id,
    consents.c.kind,
    consents.c.status,
    consents.c.given_at,
    consents.c.expires_at,
    consents.c.sealed,
).order_by(consents.c.consent_id)


class IntakeStore:
    """Intakes in PostgreSQL; whatever is hers is sealed before it gets there."""

    def __init__(self, keys: CaseKeys) -> None:
        self._keys = keys

    async def add(self, work: UnitOfWork, intake: NewIntake, cipher: CaseCipher) -> bool:
        """Write all of it; False when the client record (or the case code) is taken, and then nothing is written."""
        result = await work.execute(_ADD, _parameters(intake, cipher))
        return result.first() is not None

    async def find_posted(self, work: UnitOfWork, organization_id: UUID, digest: bytes) -> PostedIntake | None:
        """Return what this organization stored under a client record; without its codes when its key was destroyed."""
        statement = _POSTED.where(
            intakes.c.organization_id == organization_id, intakes.c.client_record_digest == digest
        )
        row = (await work.execute(statement)).first()
        if row is None:
            return None
        try:
            cipher = await self._keys.get(row.case_id)
        except NoKeyError:
            return PostedIntake(row.intake_id, row.case_id, None, None, row.third_party, row.body_digest)
        head = sealed.unseal(cipher, row.sealed, table="intakes", case_id=row.case_id)
        return PostedIntake(
            row.intake_id, row.case_id, head["case_code"], _receipt(head), row.third_party, row.body_digest
        )

    async def find_for_member(
        self, work: UnitOfWork, intake_id: UUID, organization_id: UUID, subject: str
    ) -> StoredIntake | None:
        """Return the intake when this person is in its team and its key exists, else None."""
        statement = _FOR_MEMBER.where(
            intakes.c.intake_id == intake_id,
            intake_team.c.organization_id == organization_id,
            intake_team.c.subject == subject,
        )
        row = (await work.execute(statement)).first()
        if row is None:
            return None
        try:
            cipher = await self._keys.get(row.case_id)
        except NoKeyError:
            return None
        head = sealed.unseal(cipher, row.sealed, table="intakes", case_id=row.case_id)
        account = sealed.unseal(cipher, row.account, table="intake_revisions", case_id=row.case_id, version=row.version)
        return StoredIntake(
            intake_id=row.intake_id,
            case_id=row.case_id,
            case_code=head["case_code"],
            version=row.version,
            registered_at=row.registered_at,
            body=account["body"],
            consents=await consents_of_case(work, row.case_id, cipher),
        )


async def consents_of_case(work: UnitOfWork, case_id: UUID, cipher: CaseCipher) -> Sequence[Consent]:
    """Return the case's consents in the order they were recorded."""
    rows = await work.execute(_CONSENTS.where(consents.c.case_id == case_id))
    return [
        sealed.consent_of(row, sealed.unseal(cipher, row.sealed, table="consents", case_id=case_id)) for row in rows
    ]


def _receipt(head: Mapping[str, Any]) -> str | None:
    # Before receipts had a code of their own, it was that of the case: who got one is answered as then.
    receipt: str | None = head.get("receipt", head["case_code"]) if head["third_party"] else None
    return receipt


def _parameters(intake: NewIntake, cipher: CaseCipher) -> dict[str, Any]:
    case_id = intake.case_id
    head = {"case_code": intake.case_code, "third_party": intake.third_party, "receipt": intake.receipt}
    account = sealed.account_value(intake.account)
    return {
        "intake_id": intake.intake_id,
        "case_id": case_id,
        "organization_id": intake.organization_id,
        "client_record_digest": intake.client_record_digest,
        "body_digest": intake.body_digest,
        "code_digest": intake.code_digest,
        "status": intake.status,
        "version": FIRST_VERSION,
        "sealed": sealed.seal(cipher, head, table="intakes", case_id=case_id),
        "registered_at": intake.registered_at,
        "author": intake.author,
        "account": sealed.seal(cipher, account, table="intake_revisions", case_id=case_id, version=FIRST_VERSION),
        "team": list(intake.team),
        "consent_ids": [consent.consent_id for consent in intake.consents],
        "consent_kinds": [consent.kind.value for consent in intake.consents],
        "consent_statuses": [consent.status.value for consent in intake.consents],
        "consents_given_at": [consent.given_at for consent in intake.consents],
        "consents_expire_at": [consent.expires_at for consent in intake.consents],
        "consents_sealed": [
            sealed.seal(cipher, sealed.consent_value(consent), table="consents", case_id=case_id)
            for consent in intake.consents
        ],
        "blind_kinds": [kind for kind, _ in intake.blind_indexes],
        "blind_digests": [digest for _, digest in intake.blind_indexes],
    }
