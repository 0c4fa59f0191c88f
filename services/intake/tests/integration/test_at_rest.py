"""Nothing of hers stands in clear in any table, in any log line, or on the bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import KEYS_DATABASE, Service

NOT_HERS = {"complete", "all_proposed", "unseen"}
"""States of our own that stand in clear columns."""


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str) and len(value) > 3 and value not in NOT_HERS:
        yield value


async def _dump(url: str, database: str) -> bytes:
    parsed = make_url(url)
    connection = await asyncpg.connect(
        host=parsed.query["host"], user=parsed.username, password=parsed.password, database=database
    )
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        dump = b""
        for table in tables:
            for row in await connection.fetch(f'SELECT * FROM "{table["relname"]}"'):  # noqa: S608 (a name of ours)
                dump += b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
        assert len(tables) > 1
        return dump
    finally:
        await connection.close()


async def test_no_personal_string_is_in_clear_in_any_table(
    intake: Any, body: dict[str, Any], fresh_databases: str, capfd: pytest.CaptureFixture[str]
) -> None:
    body["consents"] = [{"service_type": "SHL-HRT", "language": "quz", "categories": ["HEALTH_MIN"]}]
    created = (await intake.post(body)).json()
    assert "intake_id" in created
    offer = intake.referral(UUID(created["case_id"]), "SHL-HRT", ["ROUTE", "ID", "HEALTH_MIN"])
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))
    assert (await intake.packet(offer.referral_id)).status_code == 200

    personal = {*_strings(body), created["case_code"], "SHL-HRT", "HEALTH_MIN", "K7M3-9QXD", "legal_duty", "/identity"}
    dump = await _dump(fresh_databases, Service.INTAKE.database) + await _dump(fresh_databases, KEYS_DATABASE)
    logged = "".join(capfd.readouterr()).encode()

    assert b"intake_registered" in dump  # the dump does hold the rows
    found = {text for text in personal if text.encode() in dump}
    assert found == set()
    assert {text for text in personal if text.encode() in logged} == set()


async def test_without_its_key_nothing_of_a_case_opens_and_nothing_new_is_kept(
    start: Any, body: dict[str, Any]
) -> None:
    async with start() as intake:
        created = (await intake.post(body)).json()
        case_id = UUID(created["case_id"])
        offer = intake.referral(case_id, "PRO-CEM", ["ROUTE", "ID"])
        await intake.refer(offer)
        await intake.service.app.state.resources.stores.keys.destroy(case_id)

        assert (await intake.packet(offer.referral_id)).status_code == 410
        own = await intake.client.get(f"/v1/intakes/{created['intake_id']}", headers=intake.bearer())
        assert own.status_code == 404
        assert (await intake.sheet(offer.referral_id)).content == own.content
        await intake.refer(intake.referral(case_id, "JUS-FFAM", ["ROUTE"]))
        assert len(await intake.rows("SELECT 1 FROM packets")) == 1
        assert await intake.rows("SELECT 1 FROM parked") == []


async def test_data_born_demo_is_refused_as_real(start: Any) -> None:
    async with start():
        pass
    with pytest.raises(StartupError):
        async with start(demo=False):
            pass
