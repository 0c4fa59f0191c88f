"""Collects the history of a run from outside and from the databases at rest."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.audit_verification import verify
from unavez_shared.persistence.database import create_engine
from unavez_tests.chaos.agencies import WEBHOOK, Agencies, bodies_of, told_of
from unavez_tests.chaos.history import Act, History, PacketRead, Posted, Referral, Seen, Standing
from unavez_tests.chaos.load import Tokens
from unavez_tests.chaos.replicas import Gateway
from unavez_tests.chaos.servers import Broker, Ledger

_STRANGERS = 2
"""A packet that is not yours takes 3 s to say so: a few are enough."""
_OWN = 8

_REFERRALS = """
    SELECT r.referral_id::text, r.case_id::text, r.service_type, r.jurisdiction, r.row_number,
           coalesce(r.receiving_type, r.service_type) AS offered_as, r.organization_id::text,
           r.service_id::text,
           array(
               SELECT h.status FROM referral_history h WHERE h.referral_id = r.referral_id ORDER BY h.version
           ) AS steps
    FROM referrals r
"""

_SERVES = """
    SELECT organization_id::text AS own, front_door_organization_id::text AS front, service_type FROM services
"""


class Collector:
    """Reads what one stage's services know."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        broker: Broker,
        gateway: Gateway,
        tokens: Tokens,
        agencies: Agencies,
        pulled: Sequence[str],
        audit_key: bytes,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._gateway = gateway
        self._tokens = tokens
        self._agencies = agencies
        self._pulled = pulled
        self._audit_key = audit_key

    def collect(
        self, posted: Sequence[Posted], plans: Sequence[Seen], acts: Sequence[Act], allowed: Mapping[str, int]
    ) -> History:
        """Return everything since the stage was built.

        Clocks go on while it is read: what was heard is read before what was told, and that before what was done, so
        that a new offer looks like one that is still to be told, which the next look finds told.
        """
        effects = {
            channel: {organization_id: list(told) for organization_id, told in by_agency.items()}
            for channel, by_agency in self._agencies.effects.items()
        }
        feeds = self._feeds()
        return History(
            posted=list(posted),
            committed_cases={row[0] for row in self._rows(Service.INTAKE, "SELECT case_id::text FROM intakes")},
            referrals=self._referrals(),
            unmet=self._unmet(),
            plans=list(plans),
            acts=list(acts),
            serves=self._serves(),
            feeds=feeds,
            effects=effects,
            listens_after={WEBHOOK: self._webhooks(), "pull": dict.fromkeys(self._pulled, 0)},
            leftovers=self.leftovers(),
            allowed_leftovers=allowed,
            audit_findings=self._audit(),
            server_errors=list(self._gateway.server_errors),
        )

    def leftovers(self) -> dict[str, int]:
        """Return what is still to be worked off, by place."""
        found = {f"outbox of {service.value}": self._count(service, "outbox") for service in Service}
        found |= {f"parked of {service.value}": self._count(service, "parked") for service in Service}
        found["pending deliveries"] = self._count(Service.NOTIFIER, "deliveries WHERE status = 'pending'")
        found |= {f"queue {name}": count for name, count in self._broker.waiting().items()}
        return found

    def read_packets(self, cases: Sequence[str]) -> list[PacketRead]:
        """Open some packets of these cases, as their organization and as another one."""
        open_ones = [
            referral
            for referral in self._referrals().values()
            if referral.case_id in cases and referral.steps and referral.steps[-1] in {"requested", "accepted"}
        ]
        wanted = [(referral, str(referral.organization_id)) for referral in open_ones[:_OWN]]
        organizations = sorted({str(referral.organization_id) for referral in open_ones})
        wanted += [
            (referral, next(one for one in organizations if one != referral.organization_id))
            for referral in open_ones[:_STRANGERS]
        ]
        with ThreadPoolExecutor(_OWN + _STRANGERS) as pool:
            return list(pool.map(lambda pair: self._read(*pair), wanted))

    def _read(self, referral: Referral, organization_id: str) -> PacketRead:
        headers = self._tokens.headers(Role.AGENCY, organization_id)
        answer = self._gateway.get(f"/intake/v1/packets/{referral.referral_id}", headers)
        return PacketRead(organization_id, referral.referral_id, answer.status_code)

    def _referrals(self) -> dict[str, Referral]:
        return {
            row["referral_id"]: Referral(
                referral_id=row["referral_id"],
                case_id=row["case_id"],
                service_type=row["service_type"],
                jurisdiction=row["jurisdiction"],
                row=row["row_number"],
                offered_as=row["offered_as"],
                organization_id=row["organization_id"],
                service_id=row["service_id"],
                steps=tuple(row["steps"]),
            )
            for row in self._rows(Service.REFERRAL_ROUTER, _REFERRALS)
        }

    def _audit(self) -> list[str]:
        return asyncio.run(self._verify_audit())

    async def _verify_audit(self) -> list[str]:
        found = []
        for service in Service:
            engine = create_engine(self._ledger.server.url, service.database, pool_size=1)
            try:
                findings = await verify(engine, self._audit_key)
            finally:
                await engine.dispose()
            found += [f"{service.value}: {finding.kind.value} (row {finding.row_id})" for finding in findings]
        return found

    def _unmet(self) -> dict[str, dict[int, str]]:
        unmet: dict[str, dict[int, str]] = defaultdict(dict)
        for row in self._rows(
            Service.REFERRAL_ROUTER, "SELECT case_id::text, row_number, service_type FROM unmet_needs"
        ):
            unmet[row["case_id"]][row["row_number"]] = row["service_type"]
        return dict(unmet)

    def _serves(self) -> dict[str, set[str]]:
        serves: dict[str, set[str]] = defaultdict(set)
        for row in self._rows(Service.DIRECTORY, _SERVES):
            serves[row["own"]].add(row["service_type"])
            serves[row["front"]].add(row["service_type"])
        return dict(serves)

    def _feeds(self) -> dict[str, list[Standing]]:
        rows = self._rows(
            Service.NOTIFIER, "SELECT organization_id::text FROM feeds WHERE audience = 'agency' AND last_position > 0"
        )
        return {row[0]: self._feed(row[0]) for row in rows}

    def _feed(self, organization_id: str) -> list[Standing]:
        headers = self._tokens.headers(Role.AGENCY, organization_id)
        feed: list[Standing] = []
        after = 0
        while True:
            answer = self._gateway.get(f"/notifier/v1/events?after={after}&limit=500", headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            if not page["events"]:
                return feed
            told = [told_of(event, body) for event, body in zip(page["events"], bodies_of(page["events"]), strict=True)]
            feed += [Standing(position, one) for position, one in zip(page["positions"], told, strict=True)]
            after = page["next"]

    def _webhooks(self) -> dict[str, int]:
        rows = self._rows(Service.NOTIFIER, "SELECT organization_id::text, start_position FROM subscriptions")
        return {row[0]: row[1] for row in rows}

    def _rows(self, service: Service, sql: str) -> list[asyncpg.Record]:
        return self._ledger.query(service.database, sql)

    def _count(self, service: Service, what: str) -> int:
        return self._ledger.value(service.database, f"SELECT count(*) FROM {what}")  # noqa: S608  (our own words)
