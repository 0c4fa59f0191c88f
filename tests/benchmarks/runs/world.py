"""The whole product running, its agencies subscribed, and the same work on the floor: what end-to-end runs share."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import orjson

from benchmarks.cases import KINDS, Cases, preview_body
from benchmarks.stage import Stage
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service

_QUIET_SECONDS = 1.0
_LOOK_SECONDS = 0.4
"""Seldom: looking reads past what was deleted."""
_PATIENCE_SECONDS = 240
_UNREACHABLE = 422
"""The directory knows no safe channel of a hidden service: its agency cannot subscribe a webhook."""


@dataclass
class Arrivals:
    """The webhooks one side received, each once."""

    moments: dict[str, float] = field(default_factory=dict)
    """Referral id → when its offer came (monotonic)."""
    organizations: list[str] = field(default_factory=list)

    def offered(self, path: bytes, body: bytes, moment: float) -> None:
        """Take what the product sends: offers count, whatever else an agency hears does not."""
        event: dict[str, Any] = orjson.loads(body)
        if event["type"] == "pe.unavez.referral.offered.v1" and event["subject"] not in self.moments:
            self.moments[event["subject"]] = moment
            self.organizations.append(path.rpartition(b"/")[2].decode())

    def posted(self, path: bytes, body: bytes, moment: float) -> None:
        """Take what the floor sends."""
        self.moments.setdefault(orjson.loads(body)["referral_id"], moment)
        self.organizations.append(path.rpartition(b"/")[2].decode())


class World:
    """Both sides, ready for cases."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.plans: dict[str, list[str]] = {}
        """Kind of case → the agencies its offers reach by webhook, as the unloaded product sends them."""
        self._connections: dict[Service, asyncpg.Connection] = {}

    @classmethod
    async def open(cls, stage: Stage) -> World:
        """Start everything, subscribe every agency a case can reach, and see whom each kind of case reaches."""
        world = cls(stage)
        await stage.start_services(list(Service), await stage.new_vhost())
        world._connections = {service: await stage.database(service) for service in Service}
        await world._subscribe()
        cases, intakes = Cases(), stage.intakes()
        for kind in KINDS:
            arrivals = world.listen()
            await intakes.closed([cases.body(kind)], connections=1)
            await world.settled(arrivals)
            world.plans[kind] = arrivals.organizations
        await world._start_floor(seals=False)
        return world

    async def seal_floor(self) -> None:
        """Let the floor begin anew, with events that are signed and sealed."""
        self.stage.stop_floor()
        await self.stage.reset_floor()
        await self._start_floor(seals=True)

    async def close(self) -> None:
        for connection in self._connections.values():
            await connection.close()
        self.stage.stop_services()
        self.stage.stop_floor()

    def listen(self) -> Arrivals:
        """Return what the product's webhooks bring from now on."""
        arrivals = Arrivals()
        self.stage.receiver.taken = arrivals.offered
        return arrivals

    def listen_to_floor(self) -> Arrivals:
        """Return what the floor's webhooks bring from now on."""
        arrivals = Arrivals()
        self.stage.receiver.taken = arrivals.posted
        return arrivals

    async def settled(self, arrivals: Arrivals) -> None:
        """Wait until nothing is on its way in the product. Raises RuntimeError when that never happens."""
        quiet_since, seen = time.monotonic(), -1
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() - quiet_since < _QUIET_SECONDS or not seen:
            await asyncio.sleep(_LOOK_SECONDS)
            if len(arrivals.moments) != seen or await self._on_its_way():
                quiet_since, seen = time.monotonic(), len(arrivals.moments)
            if time.monotonic() > deadline:
                raise RuntimeError("the product does not come to rest")

    async def floor_settled(self, arrivals: Arrivals, expected: int) -> None:
        """Wait until the floor delivered so many. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(arrivals.moments) < expected:  # noqa: ASYNC110  (the receiver is called from a transport)
                await asyncio.sleep(0.05)

    async def _start_floor(self, *, seals: bool) -> None:
        settings = {"FLOOR_PLANS": json.dumps(self.plans), "FLOOR_SEALS": "yes" if seals else "no"}
        await self.stage.start_floor(["accept", "route", "deliver"], await self.stage.new_vhost(), **settings)

    async def _on_its_way(self) -> bool:
        waiting = "SELECT EXISTS (SELECT FROM outbox)"
        if any([await connection.fetchval(waiting) for connection in self._connections.values()]):
            return True
        due = "SELECT EXISTS (SELECT FROM deliveries WHERE status = 'pending')"
        return bool(await self._connections[Service.NOTIFIER].fetchval(due))

    async def _subscribe(self) -> None:
        async with httpx.AsyncClient(timeout=30) as client:
            base = self.stage.replicas[Service.NOTIFIER].base
            for organization_id in await self._reachable():
                answer = await client.post(
                    f"{base}/notifier/v1/subscriptions",
                    headers=self.stage.tokens.headers(Role.AGENCY, organization_id),
                    json={"channel": "webhook", "endpoint": self.stage.receiver.url(organization_id)},
                )
                if answer.status_code != _UNREACHABLE:
                    answer.raise_for_status()
        unverified = "SELECT EXISTS (SELECT FROM subscriptions WHERE status <> 'active')"
        async with asyncio.timeout(30):
            while await self._connections[Service.NOTIFIER].fetchval(unverified):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _reachable(self) -> Sequence[str]:
        previews = self.stage.previews()
        connection = await previews.connect()
        organizations: set[str] = set()
        for kind in KINDS:
            plan = orjson.loads(await previews.ask(connection, preview_body(kind)))
            for row in plan["referrals"]:
                organizations |= {candidate["organization_id"] for candidate in row["candidates"]}
        connection.close()
        return sorted(organizations)
