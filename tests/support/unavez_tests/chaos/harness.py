"""One stage: private PostgreSQL and RabbitMQ, a proxy before each for each service, two replicas of each, agencies."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from unavez_directory.operations import demo_bundle, import_directory
from unavez_local.composition import Installation, create_keys, migrate
from unavez_local.data_directory import DataDirectory
from unavez_local.readiness import directory_has_arrived
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.audit import read_audit_key
from unavez_shared.testing.ports import free_port
from unavez_tests.chaos.agencies import Agencies, Puller
from unavez_tests.chaos.checker import LASTING, check
from unavez_tests.chaos.collect import Collector
from unavez_tests.chaos.history import Act, History, PacketRead, Posted, Seen
from unavez_tests.chaos.load import VIGNETTES, Askable, Load, Tokens
from unavez_tests.chaos.proxy import FaultProxy
from unavez_tests.chaos.reaper import Reaper
from unavez_tests.chaos.replicas import Gateway, Replica
from unavez_tests.chaos.servers import Broker, Ledger, wait_until
from unavez_tests.world import frontline_body

REPLICAS = 2
POOL_SIZE = 5
"""Small, so that the pools of eight processes fit PostgreSQL's 200 connections, and so that they can be exhausted."""
QUIET_SECONDS = 120.0
"""A webhook attempt that died with its process is made again when its lease of 20 s is over; retries follow after
5 and 30 s, parked messages after 1, 5 and 30 s."""
_HOLD_CLOCKS = "SELECT FROM plans FOR UPDATE"
"""Offers run out after a quarter of an hour, so in a long run there is always one on its way to the next candidate. The
router's clocks pass over a plan that somebody holds, as an answer on its way does."""
_UNDER_WAY_SECONDS = 3.0
"""What was said before the clocks came to rest has arrived by then; if not, the judge looks again."""


class Stage:
    """Everything one fault happens to. Faults of one stage follow each other; their histories add up."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="unavez-chaos-"))
        self._reaper = Reaper(self.folder)
        self.posted: list[Posted] = []
        self.plans: list[Seen] = []
        self.acts: list[Act] = []
        self.packets: list[PacketRead] = []
        self.allowed: dict[str, int] = {}
        """Leftovers that faults caused on purpose."""
        self.ledger = Ledger(self.folder / "server")
        self.broker = Broker(self.folder / "broker")
        self.to_ledger = {service: FaultProxy(self.ledger.upstream) for service in Service}
        self.to_broker = {service: FaultProxy(self.broker.upstream) for service in Service}
        for proxy in self.proxies:
            proxy.start()
        self.data = DataDirectory.open_or_create(self.folder / "data", real=False)
        self.keys = self.data.keys()
        create_keys(self.keys)
        self.installation = Installation(
            data=self.data, keys=self.keys, database_url=self.ledger.server.url, amqp_url=self.broker.url
        )
        asyncio.run(migrate(self.ledger.server.url, lambda _: None))
        asyncio.run(import_directory(self.installation.settings(Service.DIRECTORY), demo_bundle()))
        self.replicas = [
            Replica(
                service,
                number,
                self._environment(service),
                self.folder / f"{service.value}-{number}.log",
                metrics_port=free_port(),
            )
            for service in Service
            for number in range(1, REPLICAS + 1)
        ]
        for replica in self.replicas:
            replica.start()
        for replica in self.replicas:
            replica.wait_until_ready()
        assert asyncio.run(directory_has_arrived(self.installation, seconds=60)), "the directory did not arrive"
        self.gateway = Gateway(self.replicas)
        self.tokens = Tokens(self.keys.issuer_file)
        self.frontline_organization = str(uuid4())
        self.agencies = Agencies()
        self._may_be_asked = [self._preview(vignette) for vignette in VIGNETTES]
        pulled = self._subscribe()
        self.puller = Puller(
            self.agencies, self.gateway, {one: self.tokens.headers(Role.AGENCY, one) for one in pulled}
        )
        self.puller.start()
        self.collector = Collector(
            ledger=self.ledger,
            broker=self.broker,
            gateway=self.gateway,
            tokens=self.tokens,
            agencies=self.agencies,
            pulled=pulled,
            audit_key=read_audit_key(self.keys.audit_key_file),
        )

    # --- what faults reach for -------------------------------------------------------------------------------------

    @property
    def proxies(self) -> list[FaultProxy]:
        return [*self.to_ledger.values(), *self.to_broker.values()]

    def of(self, service: Service) -> list[Replica]:
        """Return the replicas of one service."""
        return [replica for replica in self.replicas if replica.service is service]

    def kill(self, service: Service) -> None:
        """Kill -9 every replica of one service."""
        for replica in self.of(service):
            replica.kill()

    @contextmanager
    def load(self, per_second: float = 4.0) -> Iterator[Load]:
        """Post and act while the block runs; afterwards everything is answered and remembered."""
        load = Load(self.gateway, self.tokens, self.frontline_organization, self._may_be_asked, seed=len(self.posted))
        if per_second:
            load.start(per_second)
        try:
            yield load
        finally:
            self.heal()
            load.finish()
            self.posted += load.posted
            self.plans += load.plans
            self.acts += load.acts
        assert load.troubles == [], load.troubles[:5]

    def heal(self) -> None:
        """Make everything work again that can."""
        for proxy in self.proxies:
            proxy.heal()
        if not self.broker.is_alive():
            self.broker.start()
        self.broker.go_on()
        self.ledger.start()
        for replica in self.replicas:
            if replica.is_alive():
                replica.send(signal.SIGCONT)
        self.revive()

    def allow(self, place: str, count: int) -> None:
        """These leftovers are the fault's own and stay."""
        self.allowed[place] = self.allowed.get(place, 0) + count

    def revive(self) -> None:
        """Start what was killed and wait until all are ready: what an orchestrator does."""
        for replica in self.replicas:
            if not replica.is_alive():
                replica.start()
        for replica in self.replicas:
            replica.wait_until_ready()

    # --- judging ---------------------------------------------------------------------------------------------------

    def settle(self, seconds: float = QUIET_SECONDS) -> list[str]:
        """Wait until all is quiet and sound; return the violations that remain when time is over."""
        deadline = time.monotonic() + seconds
        recent = [posted.case_id for posted in self.posted[-4:] if posted.case_id]
        self._look_for_quiet(deadline)
        reads: list[PacketRead] = self.collector.read_packets(recent)
        while True:
            with self.clocks_at_rest():
                self._look_for_quiet(min(deadline, time.monotonic() + _UNDER_WAY_SECONDS))
                history = self.history()
            history.packets = [*self.packets, *reads]
            violations = check(history)
            if all(violation.startswith(LASTING) for violation in violations) or time.monotonic() > deadline:
                self.packets += reads
                return violations + [f"an agency refused a delivery: {why}" for why in self.agencies.refused]
            time.sleep(1)

    def clocks_at_rest(self) -> AbstractContextManager[None]:
        """Keep the router from acting on offers whose time is over, for seconds: answers wait for their plan."""
        return self.ledger.holding(Service.REFERRAL_ROUTER.database, _HOLD_CLOCKS)

    def history(self) -> History:
        history = self.collector.collect(self.posted, self.plans, self.acts, self.allowed)
        for replica in self.replicas:
            replica.note_death()
            history.deaths += [f"{replica.name} with {code}" for code in replica.deaths]
        return history

    def wait_until_quiet(self) -> None:
        """Wait until nothing is under way. The load must not run."""
        wait_until(self._is_quiet, QUIET_SECONDS, "it never became quiet", poll=0.25)

    def _look_for_quiet(self, until: float) -> None:
        while not self._is_quiet() and time.monotonic() < until:
            time.sleep(0.25)

    def _is_quiet(self) -> bool:
        return all(count == self.allowed.get(place, 0) for place, count in self.collector.leftovers().items())

    # --- life ------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop everything, whatever state it is in."""
        self.puller.stop()
        for replica in self.replicas:
            if replica.is_alive():
                replica.kill()
        self.agencies.close()
        self.gateway.close()
        for proxy in self.proxies:
            proxy.close()
        if self.broker.is_alive():
            self.broker.go_on()
        self.broker.stop()
        self.ledger.stop()
        self._reaper.release()

    def _environment(self, service: Service) -> Mapping[str, str]:
        return {
            **os.environ,
            "UNAVEZ_PUBLIC_URL": "http://127.0.0.1:8000",
            "UNAVEZ_DATABASE_URL": self.ledger.url_through(self.to_ledger[service].port),
            "UNAVEZ_DATABASE_POOL_SIZE": str(POOL_SIZE),
            "UNAVEZ_AMQP_URL": self.broker.url_through(self.to_broker[service].port),
            "UNAVEZ_DEMO": "true",
            "UNAVEZ_KEK_FILE": str(self.keys.kek_file),
            "UNAVEZ_SEALING_KEYS_DIR": str(self.keys.sealing_dir),
            "UNAVEZ_AUDIT_KEY_FILE": str(self.keys.audit_key_file),
            "UNAVEZ_JWKS_FILE": str(self.keys.jwks_file),
            "UNAVEZ_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8",
            "UNAVEZ_RATE_LIMIT": "100000",
            "UNAVEZ_LOG_LEVEL": "WARNING",
        }

    def _subscribe(self) -> list[str]:
        """Give every organization the five cases can reach a webhook, a pull client or both; return who pulls."""
        pulled = []
        for index, organization_id in enumerate(self._reachable()):
            if index % 3 != 0:
                headers = self.tokens.headers(Role.AGENCY, organization_id)
                body = {"channel": "webhook", "endpoint": self.agencies.url(organization_id)}
                answer = self.gateway.post("/notifier/v1/subscriptions", headers, body)
                if answer.status_code == 201:
                    self.agencies.secrets[organization_id] = answer.json()["secret"]
                    if index % 3 == 1:
                        continue
                else:
                    assert "channel_unsafe" in answer.text, answer.text
            pulled.append(organization_id)
        wait_until(
            lambda: (
                self.ledger.value(
                    Service.NOTIFIER.database, "SELECT count(*) FROM subscriptions WHERE status <> 'active'"
                )
                == 0
            ),
            30,
            "webhooks were not verified",
        )
        return pulled

    def _reachable(self) -> list[str]:
        return sorted(set().union(*(asked for case in self._may_be_asked for asked in case.values())))

    def _preview(self, vignette: Mapping[str, Any]) -> Askable:
        """Return who may be asked for what, by the router's preview of this case."""
        frontline = self.tokens.headers(Role.FRONTLINE, self.frontline_organization)
        body = frontline_body(vignette, str(uuid4()), "2026-01-01T00:00:00+00:00")
        wanted = {
            "facts": body["facts"],
            "places": vignette["places"],
            "consent_all_proposed": True,
            "duty_notice": body["duty_notice"],
        }
        answer = self.gateway.post("/router/v1/plans/preview", frontline, wanted)
        assert answer.status_code == 200, answer.text
        asked: dict[tuple[str, str], frozenset[str]] = {}
        for row in answer.json()["referrals"]:
            waits_for = row["withheld_for"] or []
            if all(why.startswith("after:") for why in waits_for):
                kind = (row["service_type"], row["jurisdiction"])
                organizations = frozenset(candidate["organization_id"] for candidate in row["candidates"])
                asked[kind] = asked.get(kind, frozenset()) | organizations
        return asked
