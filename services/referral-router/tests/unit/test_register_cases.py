"""A batch of cases: planned one a turn of the loop, written in slices."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, cast
from uuid import UUID, uuid4

import orjson

from unavez_referral_router.adapters.stores import Stores
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.plan.planner import Planner
from unavez_referral_router.domain.referrals.saved import NewCase, NewWork, Saved
from unavez_referral_router.use_cases.register_cases import SLICE, register_cases
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.event_data import CaseState
from unavez_shared.contracts.events import CASE_REGISTERED
from unavez_shared.messaging.event import Event
from unavez_shared.persistence.database import UnitOfWork
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.messaging import PlainCodec, case_state

CASES = 2 * SLICE + 3


class CountingPlanner:
    def __init__(self, planner: Planner) -> None:
        self.planned = 0
        self._planner = planner

    def plan(self, *arguments: Any, **named: Any) -> Any:
        self.planned += 1
        return self._planner.plan(*arguments, **named)


class Office:
    """Every store, in memory; notes what was keyed before what was written."""

    def __init__(self, directory: Directory) -> None:
        self.clock = SystemClock()
        self.directory = directory
        self.keyed: set[UUID] = set()
        self.slices: list[int] = []
        self.known: set[UUID] = set()

    async def known_cases(self, _: Any, case_ids: Collection[UUID]) -> set[UUID]:
        return self.known.intersection(case_ids)

    async def current(self) -> Directory:
        return self.directory

    async def make_keys(self, case_ids: Collection[UUID]) -> None:
        self.keyed.update(case_ids)

    async def insert(self, _: Any, new: Sequence[NewCase]) -> list[Saved]:
        assert self.keyed.issuperset(item.dossier.case.case_id for item in new)
        self.slices.append(len(new))
        return [
            Saved(item.dossier, NewWork(unmet={uuid4(): order for order in item.dossier.changes.unmet})) for item in new
        ]

    def stores(self, planner: CountingPlanner) -> Stores:
        each = cast("Any", self)
        return Stores(each, each, each, each, cast("Any", planner), demo=True)


def heard(vignette: dict[str, Any]) -> Event[CaseState]:
    case_id = uuid4()
    data = case_state(case_id).model_copy(update={"facts": vignette["facts"], "places": vignette["places"]})
    return Event(uuid7(), CASE_REGISTERED, str(case_id), SystemClock().now(), 1, data)


async def test_the_loop_has_a_turn_after_each_plan_of_a_batch(
    planner: Planner, directory: Directory, vignettes: dict[str, dict[str, Any]]
) -> None:
    office, counting = Office(directory), CountingPlanner(planner)
    work = UnitOfWork(cast("Any", None), PlainCodec(), office.clock)
    batch = [heard(vignettes["V09"]) for _ in range(CASES)]
    working = asyncio.ensure_future(register_cases(batch, work, office.stores(counting)))
    seen = []
    while not working.done():
        seen.append(counting.planned)
        await asyncio.sleep(0)
    await working

    assert counting.planned == CASES
    assert max(after - before for before, after in pairwise(seen)) == 1
    assert office.slices == [SLICE, SLICE, 3]


async def test_a_case_that_has_a_plan_is_neither_planned_nor_keyed_again(
    planner: Planner, directory: Directory, vignettes: dict[str, dict[str, Any]]
) -> None:
    office, counting = Office(directory), CountingPlanner(planner)
    old, new = heard(vignettes["V09"]), heard(vignettes["V01"])
    office.known = {old.data.case_id}
    work = UnitOfWork(cast("Any", None), PlainCodec(), office.clock)

    await register_cases([old, new, new], work, office.stores(counting))

    assert (counting.planned, office.keyed, office.slices) == (1, {new.data.case_id}, [1])


def test_what_an_older_intake_said_of_a_second_person_is_read_and_counts_for_nothing() -> None:
    old = case_state(uuid4()).model_dump(mode="json") | {"second_confirmed_by": "nobody-such-person"}
    del old["coordinator_first"], old["author"]
    read = CaseState.model_validate_json(orjson.dumps(old))
    assert (read.coordinator_first, read.author) == (False, None)
    assert "nobody-such-person" not in read.model_dump_json()
