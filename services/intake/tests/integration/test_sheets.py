"""Sheets: what her team hands over or reads out where no machine tells the receiver, and what is written then."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import REFERRAL_SHOWN

CATEGORIES = ["ROUTE", "ID", "SAFE_CONTACT", "DEMO", "NEEDS", "ACCOUNT_SUMMARY", "ACCESS"]
COLLEAGUE = "trabajadora-2"


async def _offer(intake: Any, body: dict[str, Any], service_type: str = "PRO-CEM", **changes: Any) -> Any:
    created = await intake.post(body)
    assert created.status_code == 201, created.text
    offer = intake.referral(UUID(created.json()["case_id"]), service_type, CATEGORIES, **changes)
    await intake.refer(offer)
    return offer


async def test_the_team_prints_exactly_the_packet_its_receiver_may_open_now(intake: Any, body: dict[str, Any]) -> None:
    offer = await _offer(intake, body)
    # Another referral of the same case, open to the bone: nothing of it may be on this sheet.
    other = intake.referral(offer.case_id, "HLT-EMER", ["ROUTE", "HEALTH", "LOC_EXACT"], organization_id=uuid4())
    await intake.refer(other)
    await intake.refer(intake.moved(other, "accepted"))

    async def printed_as_opened() -> str:
        printed = await intake.sheet(offer.referral_id)
        opened = await intake.packet(offer.referral_id, "?format=html")
        assert (printed.status_code, opened.status_code) == (200, 200), printed.text
        stamps = await intake.rows("SELECT disclosure_code FROM disclosures ORDER BY disclosed_at DESC LIMIT 2")
        (opened_code,), (printed_code,) = stamps
        sheet, _, foot = printed.text.partition("<footer>")
        assert sheet == opened.text.partition("<footer>")[0].replace(opened_code, printed_code)
        assert foot.startswith(printed_code)
        return str(printed.text)

    at_offer = await printed_as_opened()
    assert "14-17" in at_offer
    assert not any(hers in at_offer for hers in ("Ficticia", "contacto-inventado", "resumen-inventado"))

    await intake.refer(intake.moved(offer, "accepted"))
    accepted = await printed_as_opened()
    assert all(hers in accepted for hers in ("Ficticia Inventada Demo", "resumen-inventado"))
    for beyond in ("relato-completo", "detalle-salud", "calle-inventada", "actos-forzados", "CW-12", "HLT-EMER"):
        assert beyond not in accepted
    for identifier in (offer.case_id, other.referral_id, other.organization_id, offer.organization_id):
        assert str(identifier) not in accepted


async def test_each_sheet_is_a_disclosure_to_the_receiver_and_an_audit_row_of_the_worker(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = await _offer(intake, body)

    pages = [(await intake.sheet(offer.referral_id)).text for _ in range(2)]

    disclosed = await intake.rows(
        "SELECT disclosure_code, referral_id, case_id, organization_id, subject FROM disclosures ORDER BY disclosed_at"
    )
    codes = [row.disclosure_code for row in disclosed]
    assert len(set(codes)) == 2
    assert all(code in page for code, page in zip(codes, pages, strict=True))
    told = (offer.referral_id, offer.case_id, intake.agency, "trabajadora-1")
    assert [tuple(row)[1:] for row in disclosed] == [told, told]
    audited = await intake.rows("SELECT detail FROM audit WHERE action = 'sheet_printed' ORDER BY id")
    assert [row.detail["disclosure_code"] for row in audited] == codes
    assert (audited[0].detail["stage"], audited[0].detail["part"]) == ("offer", None)
    assert await intake.rows("SELECT 1 FROM audit WHERE action = 'packet_disclosed'") == []


async def test_whoever_is_not_in_her_team_gets_the_404_of_a_random_id_after_the_same_wait(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = await _offer(intake, body)
    await intake.next_case()
    third_party = body | {"client_record_id": str(uuid4()), "facts": body["facts"] | {"third_party": True}}
    assert (await intake.post(third_party)).status_code == 201
    reported = intake.referral((await intake.next_case()).case_id, "PRO-UPE", CATEGORIES)
    await intake.refer(reported)

    async def timed(referral_id: UUID, query: str = "", **caller: Any) -> tuple[int, bytes, float]:
        began = time.monotonic()
        answer = await intake.sheet(referral_id, query, **caller)
        return answer.status_code, answer.content, time.monotonic() - began

    answers = await asyncio.gather(
        timed(uuid4()),
        timed(offer.referral_id, subject=COLLEAGUE),
        timed(offer.referral_id, "?part=nonsense", subject=COLLEAGUE),
        timed(offer.referral_id, role=Role.COORDINATOR, subject=COLLEAGUE),
        timed(offer.referral_id, organization=uuid4()),
        timed(offer.referral_id, role=Role.AGENCY, organization=intake.agency, subject="agente-1"),
        # Who reports about somebody else never reads it back, on paper either (SAFETY N10).
        timed(reported.referral_id),
    )

    assert {status for status, _, _ in answers} == {404}
    assert len({content for _, content, _ in answers}) == 1
    assert all(3 <= seconds < 4 for _, _, seconds in answers)
    assert await intake.rows("SELECT 1 FROM disclosures") == []


async def test_who_coordinates_on_duty_prints_the_sheets_of_third_parties_cases_and_no_others(
    start: Any, body: dict[str, Any]
) -> None:
    duty = uuid4()
    async with start(duty_organization=duty) as intake:
        report = body | {"facts": body["facts"] | {"third_party": True}}
        assert (await intake.post(report)).status_code == 201
        reported = intake.referral((await intake.next_case()).case_id, "PRO-UPE", CATEGORIES)
        await intake.refer(reported)
        others = await _offer(intake, body | {"client_record_id": str(uuid4())})

        async def ask(referral_id: UUID, **caller: Any) -> int:
            return int((await intake.sheet(referral_id, **caller)).status_code)

        on_duty = {"role": Role.COORDINATOR, "organization": duty, "subject": "coordinadora-1"}
        assert await ask(reported.referral_id, **on_duty) == 200
        refused = await asyncio.gather(
            ask(others.referral_id, **on_duty),
            ask(others.referral_id, role=Role.COORDINATOR),
            ask(reported.referral_id, role=Role.COORDINATOR, subject="coordinadora-2"),
            ask(reported.referral_id, organization=duty, subject="coordinadora-1"),
            ask(reported.referral_id),
        )
        assert set(refused) == {404}
        told = await intake.rows("SELECT referral_id, organization_id, subject FROM disclosures")
        assert told == [(reported.referral_id, intake.agency, "coordinadora-1")]
        audited = await intake.rows("SELECT actor FROM audit WHERE action = 'sheet_printed'")
        assert audited == [("coordinadora-1",)]


async def test_the_role_is_judged_after_existence_then_the_query_then_the_state(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = await _offer(intake, body)
    worker_as_agency = await intake.sheet(offer.referral_id, "?part=nonsense", role=Role.AGENCY)
    wrong_part = await intake.sheet(offer.referral_id, "?part=nonsense")
    await intake.refer(intake.moved(offer, "cancelled"))
    ended = await intake.sheet(offer.referral_id)
    ended_as_agency = await intake.sheet(offer.referral_id, role=Role.AGENCY)

    assert [answer.status_code for answer in (worker_as_agency, wrong_part, ended, ended_as_agency)] == [
        403,
        422,
        409,
        403,
    ]
    assert ended.json()["type"] == "urn:unavez:problem:referral_ended"
    assert "nonsense" not in wrong_part.text
    assert await intake.rows("SELECT 1 FROM disclosures") == []


async def test_a_sheet_is_printed_while_the_referral_is_open_and_never_after(intake: Any, body: dict[str, Any]) -> None:
    offer = await _offer(intake, body)
    case_id = offer.case_id
    for status, steps in {
        "on-hold": ("accepted", "in-progress", "on-hold"),
        "rejected": ("rejected",),
        "expired": ("expired",),
        "entered-in-error": ("entered-in-error",),
        "completed": ("accepted", "in-progress", "completed"),
        "failed": ("accepted", "failed"),
    }.items():
        now = intake.referral(case_id, "PRO-CEM", CATEGORIES)
        await intake.refer(now)
        for step in steps:
            now = intake.moved(now, step)
            await intake.refer(now)
        assert (await intake.sheet(now.referral_id)).status_code == (200 if status == "on-hold" else 409), status
    assert len(await intake.rows("SELECT 1 FROM disclosures")) == 1


async def test_a_justice_of_the_peace_gets_file_and_identity_on_sheets_apart(intake: Any, body: dict[str, Any]) -> None:
    offer = await _offer(intake, body, "PRO-SAR", receiving_service_type="JUS-JPAZ")
    await intake.refer(intake.moved(offer, "accepted"))

    default, file, reserved = [
        (await intake.sheet(offer.referral_id, query)).text for query in ("", "?part=file", "?part=reserved")
    ]

    assert ["Ficticia" in page for page in (default, file, reserved)] == [False, False, True]
    assert ["resumen-inventado" in page for page in (default, file, reserved)] == [True, True, False]
    parts = await intake.rows("SELECT detail->>'part' FROM audit WHERE action = 'sheet_printed' ORDER BY id")
    assert parts == [("file",), ("file",), ("reserved",)]


@pytest.mark.parametrize("status", ["requested", "accepted"])
async def test_a_printed_sheet_is_neutral_and_loads_nothing(intake: Any, body: dict[str, Any], status: str) -> None:
    offer = await _offer(intake, body)
    if status == "accepted":
        await intake.refer(intake.moved(offer, "accepted"))

    answer = await intake.sheet(offer.referral_id)

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert answer.headers["content-disposition"] == 'inline; filename="documento.html"'
    assert "<title>Documento</title>" in answer.text
    for name in ("navez", "PRO-CEM", "Centro Emergencia", "Atención", "http", "src=", "url(", "<script", "<link"):
        assert name not in answer.text


async def test_a_sheet_is_printed_as_soon_as_its_offer_is_heard(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body)).json()
    offer = intake.referral(UUID(created["case_id"]), "PRO-CEM", CATEGORIES)
    began = time.monotonic()
    asked = asyncio.create_task(intake.sheet(offer.referral_id))
    done, _ = await asyncio.wait([asked], timeout=0.2)
    assert not done

    await intake.refer(offer)

    assert (await asked).status_code == 200
    assert time.monotonic() - began < 1.5


async def test_her_team_prints_as_before_until_it_sees_what_a_front_door_answered(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = await _offer(intake, body)
    later = datetime.now(UTC) + timedelta(minutes=20)
    until = {"team_shown_at": later, "team_status": "requested"}
    declined = intake.moved(offer, "rejected", **until)
    await intake.refer(declined)
    following = intake.referral(
        offer.case_id, "PRO-CEM", CATEGORIES, organization_id=uuid4(), team_shown_at=later, team_status=None
    )
    await intake.refer(following)

    assert (await intake.packet(offer.referral_id)).status_code == 410
    assert (await intake.sheet(offer.referral_id)).status_code == 200
    unknown, hidden = await asyncio.gather(intake.sheet(uuid4()), intake.sheet(following.referral_id))
    assert (hidden.status_code, hidden.content) == (404, unknown.content)

    for state in (declined, following):
        shown = state.model_copy(update={"team_shown_at": None})
        await intake.say(REFERRAL_SHOWN, shown, sequence=state.version)
    assert (await intake.sheet(offer.referral_id)).status_code == 409
    assert (await intake.sheet(following.referral_id)).status_code == 200
