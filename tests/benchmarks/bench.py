"""One run of everything: each piece of work is done once, when the first measure asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.load import Answers
from benchmarks.processes import memory_mb, peak_memory_mb
from benchmarks.runs import accept, crowd, curve, fan_out, hearing, inbox, latency, preview, relay, routing
from benchmarks.runs.world import World
from benchmarks.scale import Scale
from benchmarks.stage import Stage
from unavez_shared.contracts.services import Service
from unavez_shared.web.memory import EVERY_SECONDS

T = TypeVar("T")

_AT_REST_SECONDS = 2 * EVERY_SECONDS
"""A service has given back what the load needed."""


@dataclass(frozen=True)
class Both(Generic[T]):
    """The product's result and the floor's, of the same run."""

    ours: T
    floor: T


class Bench:
    """What measures read."""

    def __init__(self, stage: Stage, scale: Scale) -> None:
        self.stage = stage
        self.scale = scale
        self._world: World | None = None
        self._accepted: Both[float] | None = None
        self._crowded: Both[float] | None = None
        self._relayed: Both[float] | None = None
        self._consumed: Both[float] | None = None
        self._heard: hearing.Heard | None = None
        self._routed: routing.Routed | None = None
        self._previewed: Both[Answers] | None = None
        self._latency: Both[list[float]] | None = None
        self._fanned_out: Both[fan_out.FannedOut] | None = None
        self._fanned_out_sealed: fan_out.FannedOut | None = None
        self._directories: Mapping[int, float] | None = None
        self._backlogs: Mapping[int, float] | None = None

    async def accepted(self) -> Both[float]:
        if self._accepted is None:
            self._accepted = Both(*await accept.run(self.stage, self.scale))
        return self._accepted

    async def crowded(self) -> Both[float]:
        """Return an intake's 95th percentile among strangers; its floor is the same product, asked quietly."""
        if self._crowded is None:
            self._crowded = Both(*await crowd.run(self.stage, self.scale))
        return self._crowded

    async def relayed(self) -> Both[float]:
        if self._relayed is None:
            rows = self.scale.relay_rows
            floor = await relay.published(self.stage, rows)
            self._relayed = Both(await relay.drained(self.stage, rows), floor)
        return self._relayed

    async def consumed(self) -> Both[float]:
        if self._consumed is None:
            messages = inbox.Messages(self.stage, self.scale.inbox_messages)
            floor = await inbox.floor(self.stage, messages)
            self._consumed = Both(await inbox.ours(self.stage, messages), floor)
        return self._consumed

    async def heard(self) -> hearing.Heard:
        if self._heard is None:
            self._heard = await hearing.run(self.stage, self.scale)
        return self._heard

    async def routed(self) -> routing.Routed:
        if self._routed is None:
            self._routed = await routing.run(self.stage, self.scale)
        return self._routed

    async def previewed(self) -> Both[Answers]:
        if self._previewed is None:
            world = await self.world()
            self._previewed = Both(await preview.ours(world, self.scale), await preview.floor(world, self.scale))
        return self._previewed

    async def latency(self) -> Both[list[float]]:
        if self._latency is None:
            world = await self.world()
            self._latency = Both(await latency.ours(world, self.scale), await latency.floor(world, self.scale))
        return self._latency

    async def fanned_out(self) -> Both[fan_out.FannedOut]:
        if self._fanned_out is None:
            world = await self.world()
            self._fanned_out = Both(await fan_out.ours(world, self.scale), await fan_out.floor(world, self.scale))
        return self._fanned_out

    async def fanned_out_sealed(self) -> Both[fan_out.FannedOut]:
        """Beside a floor that signs and seals its events: the floor of everything else is gone after this."""
        ours = (await self.fanned_out()).ours
        if self._fanned_out_sealed is None:
            world = await self.world()
            await world.seal_floor()
            self._fanned_out_sealed = await fan_out.floor(world, self.scale)
        return Both(ours, self._fanned_out_sealed)

    async def memory(self, service: Service) -> Both[float]:
        """Return MB at rest after the load of all runs before; the floor's largest process."""
        await self.peak_memory(service)
        await asyncio.sleep(_AT_REST_SECONDS)
        return Both(memory_mb(self.stage.replicas[service].pid), max(memory_mb(pid) for pid in self.stage.floor_pids))

    async def peak_memory(self, service: Service) -> Both[float]:
        """Return the most MB a service ever held; the floor's largest process."""
        await self.fanned_out()
        pids = self.stage.floor_pids
        return Both(peak_memory_mb(self.stage.replicas[service].pid), max(peak_memory_mb(pid) for pid in pids))

    async def directories(self) -> Mapping[int, float]:
        if self._directories is None:
            self._directories = await curve.directories(await self.world(), self.scale)
        return self._directories

    async def backlogs(self) -> Mapping[int, float]:
        if self._backlogs is None:
            self._backlogs = await curve.backlogs(self.stage, self.scale)
        return self._backlogs

    async def world(self) -> World:
        """Return the whole product and the whole floor, running."""
        if self._world is None:
            self._world = await World.open(self.stage)
        return self._world

    async def close(self) -> None:
        if self._world is not None:
            await self._world.close()
