"""A step of a referral is one transaction, whoever takes it (ADR 28)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event

from unavez_referral_router.api.resources import Resources

_OURS = ContextVar("ours", default=False)
"""Set in the test alone: the service's own loops were started before, in another context."""


@pytest.fixture
def transactions(router: Any) -> Iterator[Callable[[], int]]:
    """Return what counts the transactions this test's requests opened so far."""
    opened = []
    resources: Resources = router.service.app.state.resources
    engine = resources.database.engine.sync_engine

    def began(connection: Connection) -> None:
        if _OURS.get() and connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            opened.append(connection)

    event.listen(engine, "begin", began)
    yield lambda: len(opened)
    event.remove(engine, "begin", began)


async def test_an_accept_opens_one_transaction_and_so_does_every_other_command_on_a_record(
    router: Any, vignettes: Any, transactions: Callable[[], int]
) -> None:
    state = await router.register(vignettes["V09"]["facts"], vignettes["V09"]["places"])
    row = await router.row(state, "REI-EDU")
    referral = await router.referral(row["referral_id"])
    plan_id = (await router.plan(state))["plan_id"]
    agency = router.agency(referral["organization_id"])
    _OURS.set(True)

    async def opened_by(request: Any) -> int:
        before = transactions()
        assert (await request).status_code == 200
        return transactions() - before

    get, bearer = router.client.get, router.bearer()
    assert await opened_by(router.move(row["referral_id"], "accepted", referral["version"], agency)) == 1
    assert await opened_by(get(f"/v1/referrals/{row['referral_id']}", headers=agency)) == 1
    assert await opened_by(get(f"/v1/referrals/{row['referral_id']}", headers=bearer)) == 1
    assert await opened_by(get(f"/v1/cases/{state.case_id}/plan", headers=bearer)) == 1
    confirmation = router.client.post(f"/v1/plans/{plan_id}/confirmation", json={}, headers=bearer)
    assert await opened_by(confirmation) == 1
    focal_point = f"/v1/cases/{state.case_id}/focal-point"
    assert await opened_by(router.client.put(focal_point, json={"subject": "otra"}, headers=bearer)) == 1
    tasks = (await get("/v1/tasks", headers=bearer)).json()["tasks"]
    assert UUID(tasks[0]["task_id"])
    assert await opened_by(router.client.post(f"/v1/tasks/{tasks[0]['task_id']}/completion", headers=bearer)) == 1
