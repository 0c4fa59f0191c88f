"""Packets: who opens them, at which stage, what is in them, and what is written when they are opened."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import event

from unavez_shared.contracts import events
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.event_data import Grant, ReferralMilestone
from unavez_shared.web.waiting import WAITS

EVERYTHING = [
    "ROUTE",
    "ID",
    "SAFE_CONTACT",
    "DEMO",
    "LOC_EXACT",
    "NEEDS",
    "SAFETY",
    "HEALTH",
    "ACCOUNT_SUMMARY",
    "ACCESS",
]


async def _case(intake: Any, body: dict[str, Any]) -> UUID:
    answer = await intake.post(body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["case_id"])


async def test_an_offer_shows_the_need_and_nobody(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer = intake.referral(case_id, "PRO-CEM", EVERYTHING)
    await intake.refer(offer)

    answer = await intake.packet(offer.referral_id)

    packet = answer.json()
    assert answer.status_code == 200, answer.text
    assert next(iter(packet)) == "handling"
    assert packet["handling"] == ["NO-NEW-NARRATIVE", "INTERPRETER-NOT-KIN", "CONTACT-ONLY-VIA"]
    assert (packet["stage"], packet["service_name"]) == ("offer", None)
    assert packet["fields"] == {
        "/derived/age_band": "14-17",
        "/derived/department": "17",
        "/facts/lang": "quz",
        "/facts/spanish_ok": False,
    }
    assert packet["categories"] == ["ROUTE", "DEMO", "LOC_EXACT", "ACCESS"]
    assert (packet["referral_code"], packet["demo"], packet["milestones"]) == ("K7M3-9QXD", True, [])


async def test_acceptance_opens_what_the_rules_allow(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer = intake.referral(case_id, "PRO-CEM", EVERYTHING, service_id=uuid4(), service_name="CEM ficticio")
    await intake.refer(offer)
    offered = (await intake.packet(offer.referral_id)).json()
    await intake.refer(intake.moved(offer, "accepted"))

    packet = (await intake.packet(offer.referral_id)).json()

    assert packet["stage"] == "accepted"
    assert offered["service_name"] == packet["service_name"] == "CEM ficticio"
    assert offered.keys() == packet.keys()
    assert "CEM ficticio" not in (await intake.packet(offer.referral_id, "?format=html")).text
    assert packet["fields"]["/identity"] == body["identity"]
    assert packet["fields"]["/safe_contact"] == body["safe_contact"]
    assert packet["fields"]["/places/current_exact"] == "calle-inventada-123"
    assert packet["fields"]["/account_summary"] == "resumen-inventado"
    assert packet["fields"]["/derived/within_72_hours"] is True
    assert "/account" not in packet["fields"]
    assert {"pointer": "/facts/triage", "ask": True} in packet["not_available"]


async def test_nothing_an_agency_reads_leads_to_the_case(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body)).json()
    offer = intake.referral(UUID(created["case_id"]), "PRO-CEM", EVERYTHING)
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    for query in ("", "?format=html"):
        answer = await intake.packet(offer.referral_id, query)
        for secret in (created["case_id"], created["intake_id"], created["case_code"], "actos-forzados", "CW-12"):
            assert secret not in answer.text
    packet = (await intake.packet(offer.referral_id)).json()
    for name in ("due_at", "respond_by", "disclosed_at"):
        moment = datetime.fromisoformat(packet[name])
        assert (moment.minute % 5, moment.second, moment.microsecond) == (0, 0, 0)
    assert timedelta() <= offer.due_at - datetime.fromisoformat(packet["due_at"]) < timedelta(minutes=5)


async def test_each_opening_is_a_disclosure_and_an_audit_row(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer = intake.referral(case_id, "PRO-CEM", EVERYTHING)
    await intake.refer(offer)

    codes = [(await intake.packet(offer.referral_id)).json()["disclosure_code"] for _ in range(2)]

    assert len(set(codes)) == 2
    written = await intake.rows(
        "SELECT disclosure_code, subject, organization_id FROM disclosures ORDER BY disclosed_at"
    )
    assert written == [(code, "agente-1", intake.agency) for code in codes]
    audited = await intake.rows("SELECT detail FROM audit WHERE action = 'packet_disclosed' ORDER BY id")
    assert [row.detail["disclosure_code"] for row in audited] == codes
    assert audited[0].detail["stage"] == "offer"


async def test_a_prosecutor_reads_the_file_and_the_identity_apart(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer = intake.referral(case_id, "JUS-FISTRAP", ["ROUTE", "ID", "SAFE_CONTACT", "LOC_EXACT", "CRIME"])
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    default, file, reserved = [
        (await intake.packet(offer.referral_id, query)).json() for query in ("", "?part=file", "?part=reserved")
    ]

    assert default["fields"] == file["fields"]
    assert "/identity" not in file["fields"]
    assert file["fields"]["/suspects"][0]["alias"] == "alias-inventado"
    assert file["fields"]["/legal_address"] == body["legal_address"]
    assert file["fields"]["/places/exploitation"] == ["170102"]
    assert not {"/safe_contact", "/places/current", "/places/current_exact"} & set(file["fields"])
    assert reserved["fields"] == {"/identity": body["identity"]}
    assert (file["part"], reserved["part"]) == ("file", "reserved")
    assert "ID" not in file["categories"]
    parts = await intake.rows("SELECT detail->>'part' FROM audit WHERE action = 'packet_disclosed' ORDER BY id")
    assert parts == [("file",), ("file",), ("reserved",)]


async def test_a_court_that_stands_in_for_another_service_reads_as_a_court(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer = intake.referral(
        case_id, "PRO-SAR", ["ROUTE", "SAFE_CONTACT", "LOC_DISTRICT"], receiving_service_type="JUS-JPAZ"
    )
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    packet = (await intake.packet(offer.referral_id)).json()

    assert packet["fields"]["/legal_address"] == body["legal_address"]
    assert not {"/safe_contact", "/places/current", "/places/current_exact"} & set(packet["fields"])


async def test_a_consent_rule_opens_what_she_agreed_to(intake: Any, body: dict[str, Any]) -> None:
    body["consent_all_proposed"] = False
    body["consents"] = [{"service_type": "PSY-CSO", "categories": ["ID", "SOGIESC"]}]
    case_id = await _case(intake, body)
    grants = [Grant(rule_id="H6", basis="consent", categories=["ROUTE", "ID", "DEMO", "SOGIESC"], open=True)]
    named = intake.referral(case_id, "PSY-CSO", [], grants=grants)
    unnamed = intake.referral(case_id, "PRO-CEM", [], grants=grants)
    for offer in (named, unnamed):
        await intake.refer(offer)
        await intake.refer(intake.moved(offer, "accepted"))

    opened, closed = [(await intake.packet(offer.referral_id)).json() for offer in (named, unnamed)]

    assert opened["categories"] == ["ROUTE", "ID", "DEMO", "SOGIESC"]
    assert opened["fields"]["/facts/gender"] == "F"
    assert {"pointer": "/derived/age_band", "ask": True} in opened["not_available"], "refused is not told"
    assert closed["categories"] == ["ROUTE", "ID", "DEMO"]
    assert closed["fields"] == {}


async def test_a_stand_in_opens_nothing_by_a_consent_for_its_own_kind(intake: Any, body: dict[str, Any]) -> None:
    body["consent_all_proposed"] = False
    body["consents"] = [{"service_type": "PSY-CSO", "categories": ["ID", "SOGIESC"]}]
    case_id = await _case(intake, body)
    grants = [Grant(rule_id="A6", basis="consent", categories=["ROUTE", "ID", "SOGIESC"], open=True)]
    offer = intake.referral(case_id, "JUS-SUNADEP", [], grants=grants, receiving_service_type="PSY-CSO")
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    packet = (await intake.packet(offer.referral_id)).json()

    assert (packet["categories"], packet["fields"]) == (["ROUTE", "ID"], {})


async def test_agreeing_to_everything_never_opens_what_must_be_named(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    categories = ["ROUTE", "ID", "SOGIESC", "ETHNICITY", "ACCOUNT_FULL"]
    grants = [Grant(rule_id="H6", basis=basis, categories=categories, open=True) for basis in ("consent", "legal_duty")]
    offer = intake.referral(case_id, "JUS-FISTRAP", [], grants=grants)
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    assert (await intake.packet(offer.referral_id, "?part=reserved")).json()["categories"] == ["ROUTE", "ID"]
    file = (await intake.packet(offer.referral_id)).json()
    assert (file["categories"], file["fields"]) == (["ROUTE"], {})


async def test_a_grant_that_is_not_open_brings_nothing(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    vital = Grant(rule_id="H1", basis="vital_interest", categories=["ROUTE", "HEALTH_MIN"], open=True)
    duty = Grant(rule_id="M1", basis="legal_duty", categories=["ID"], open=False)
    offer = intake.referral(case_id, "HLT-EMER", [], grants=[vital, duty])
    await intake.refer(offer)
    accepted = intake.moved(offer, "accepted")
    await intake.refer(accepted)
    assert (await intake.packet(offer.referral_id)).json()["categories"] == ["ROUTE", "HEALTH_MIN"]

    await intake.rescope(accepted, 1, grants=[vital, duty.model_copy(update={"open": True})])
    assert "ID" in (await intake.packet(offer.referral_id)).json()["categories"]


async def test_what_a_packet_may_show_is_applied_in_the_order_of_its_own_number(
    intake: Any, body: dict[str, Any]
) -> None:
    case_id = await _case(intake, body)

    def reading(*categories: str) -> dict[str, Any]:
        return {"grants": [Grant(rule_id="M1", basis="legal_duty", categories=list(categories), open=True)]}

    offer = intake.referral(case_id, "PRO-CEM", ["ROUTE"])
    accepted = intake.moved(offer, "accepted")
    await intake.refer(offer)
    await intake.rescope(offer, 2, **reading("ROUTE", "ID", "NEEDS"))
    await intake.rescope(offer, 1, **reading("ROUTE", "ID", "HEALTH"))
    await intake.refer(accepted)

    packet = (await intake.packet(offer.referral_id)).json()
    assert (packet["stage"], packet["categories"]) == ("accepted", ["ROUTE", "ID", "NEEDS"])
    versions = await intake.rows("SELECT status_version, scope_version FROM packets")
    assert versions == [(2, 2)]


async def test_a_scope_of_the_version_before_is_still_read(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", ["ROUTE"])
    wider = [Grant(rule_id="M1", basis="legal_duty", categories=["ROUTE", "NEEDS"], open=True)]
    scoped = intake.moved(offer, "requested", grants=wider)
    await intake.refer(offer)
    await intake.say(events.REFERRAL_RESCOPED_V1, scoped, sequence=scoped.version)
    await intake.refer(intake.moved(scoped, "accepted"))

    assert (await intake.packet(offer.referral_id)).json()["categories"] == ["ROUTE", "NEEDS"]


async def test_her_lawyer_hears_first_what_she_was_forced_to_do(intake: Any, body: dict[str, Any]) -> None:
    body["facts"]["forced_to_offend"] = True
    case_id = await _case(intake, body)
    prosecutor = intake.referral(case_id, "JUS-FISTRAP", ["ROUTE", "CRIME", "ACCOUNT_SUMMARY"])
    lawyer = intake.referral(case_id, "JUS-SUNADEP", ["ROUTE", "ACCOUNT_SUMMARY"])
    for offer in (prosecutor, lawyer):
        await intake.refer(offer)
    await intake.refer(intake.moved(prosecutor, "accepted"))

    waiting = (await intake.packet(prosecutor.referral_id)).json()
    assert "/account_summary" not in waiting["fields"]
    assert {"pointer": "/account_summary", "ask": True} in waiting["not_available"]

    await intake.refer(intake.moved(lawyer, "accepted"))
    assert (await intake.packet(prosecutor.referral_id)).json()["fields"]["/account_summary"] == "resumen-inventado"


async def test_her_lawyer_is_who_takes_that_referral_and_nobody_who_stands_in_for_another(
    intake: Any, body: dict[str, Any]
) -> None:
    body["facts"]["forced_to_offend"] = True
    case_id = await _case(intake, body)
    categories = ["ROUTE", "ACCOUNT_SUMMARY"]
    prosecutor = intake.referral(case_id, "JUS-FISTRAP", categories)
    defender = intake.referral(case_id, "PRO-CEM", categories, receiving_service_type="JUS-SUNADEP")
    lawyer = intake.referral(case_id, "JUS-SUNADEP", categories, receiving_service_type="PSY-CSO")
    for offer in (prosecutor, defender, lawyer):
        await intake.refer(offer)
    for offer in (prosecutor, defender):
        await intake.refer(intake.moved(offer, "accepted"))

    async def reads(offer: Any) -> bool:
        return "/account_summary" in (await intake.packet(offer.referral_id)).json()["fields"]

    assert [await reads(offer) for offer in (prosecutor, defender)] == [False, False]
    accepted = intake.moved(lawyer, "accepted")
    await intake.refer(accepted)
    assert [await reads(offer) for offer in (prosecutor, defender, lawyer)] == [True, True, True]
    await intake.refer(intake.moved(accepted, "cancelled"))
    assert [await reads(offer) for offer in (prosecutor, defender)] == [False, False]


async def test_an_ended_offer_is_gone_for_who_held_it(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    for status in ("rejected", "expired", "cancelled", "entered-in-error"):
        offer = intake.referral(case_id, "PRO-CEM", EVERYTHING)
        await intake.refer(offer)
        await intake.refer(intake.moved(offer, status))

        assert (await intake.packet(offer.referral_id)).status_code == 410, status
    assert await intake.rows("SELECT 1 FROM disclosures") == []


async def test_a_finished_referral_stays_readable_for_thirty_days(
    start: Any, body: dict[str, Any], tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    async with start(test_clock=clock) as intake:
        offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
        await intake.refer(offer)
        accepted = intake.moved(offer, "accepted")
        await intake.refer(accepted)
        await intake.refer(intake.moved(accepted, "completed"))

        assert (await intake.packet(offer.referral_id)).json()["stage"] == "accepted"
        clock.write_text(str(timedelta(days=29, hours=23).total_seconds()))
        assert (await intake.packet(offer.referral_id)).status_code == 200
        clock.write_text(str(timedelta(days=30, hours=1).total_seconds()))
        assert (await intake.packet(offer.referral_id)).status_code == 410


async def test_an_expired_consent_closes_the_packet(start: Any, body: dict[str, Any], tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    async with start(test_clock=clock) as intake:
        case_id = await _case(intake, body)
        grants = [Grant(rule_id="H6", basis="consent", categories=["ROUTE", "ID"], open=True)]
        offer = intake.referral(case_id, "PSY-CSO", [], grants=grants)
        await intake.refer(offer)
        await intake.refer(intake.moved(offer, "accepted"))

        assert "/identity" in (await intake.packet(offer.referral_id)).json()["fields"]
        clock.write_text(str(timedelta(days=366).total_seconds()))
        assert (await intake.packet(offer.referral_id)).json()["fields"] == {}


async def test_what_is_not_yours_is_one_and_the_same_404_after_one_and_the_same_wait(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(offer)

    async def timed(referral_id: UUID, query: str = "") -> tuple[int, bytes, float]:
        began = time.monotonic()
        answer = await intake.packet(referral_id, query, uuid4())
        return answer.status_code, answer.content, time.monotonic() - began

    answers = await asyncio.gather(timed(offer.referral_id), timed(uuid4()), timed(offer.referral_id, "?part=nonsense"))

    assert {status for status, _, _ in answers} == {404}
    assert len({content for _, content, _ in answers}) == 1
    assert all(3 <= seconds < 4 for _, _, seconds in answers)
    assert await intake.rows("SELECT 1 FROM disclosures") == []


async def test_twenty_wait_at_once_with_one_token_and_one_more_is_429_whether_or_not_the_referral_exists(
    intake: Any, body: dict[str, Any]
) -> None:
    own = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(own)
    caller = intake.bearer(Role.AGENCY, intake.agency)
    other = intake.bearer(Role.AGENCY, uuid4())

    async def ask(referral_id: UUID, headers: dict[str, str]) -> httpx.Response:
        return await intake.client.get(f"/v1/packets/{referral_id}", headers=headers)

    waits = [asyncio.create_task(ask(uuid4(), headers)) for headers in (caller, other) for _ in range(WAITS)]
    arrivals = intake.service.app.state.resources.arrivals
    async with asyncio.timeout(2):
        while len(arrivals._awaited) < len(waits):  # noqa: ASYNC110  (the waits are the product's)
            await asyncio.sleep(0.01)
    refused = [await ask(uuid4(), other), await ask(own.referral_id, other), await ask(uuid4(), caller)]
    assert [answer.status_code for answer in refused] == [429] * 3
    assert len({answer.content for answer in refused}) == 1
    assert refused[0].headers["retry-after"] == "1"
    assert (await ask(own.referral_id, caller)).status_code == 200
    assert (await intake.client.get("/health/ready")).status_code == 200
    assert {answer.status_code for answer in await asyncio.gather(*waits)} == {404}


async def test_a_packet_is_read_as_soon_as_its_event_arrives(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    began = time.monotonic()
    asked = asyncio.create_task(intake.packet(offer.referral_id))
    done, _ = await asyncio.wait([asked], timeout=0.2)
    assert not done

    await intake.refer(offer)

    assert (await asked).status_code == 200
    assert time.monotonic() - began < 1.5


async def test_the_role_is_judged_after_existence_and_the_query_after_the_role(
    intake: Any, body: dict[str, Any]
) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(offer)
    path = f"/v1/packets/{offer.referral_id}?part=nonsense"

    wrong_role = await intake.client.get(path, headers=intake.bearer(Role.COORDINATOR, intake.agency))
    wrong_part = await intake.client.get(path, headers=intake.bearer(Role.AGENCY, intake.agency))

    assert wrong_role.status_code == 403
    assert wrong_part.status_code == 422
    allowed = ["file", "reserved"]
    assert wrong_part.json()["errors"] == [{"pointer": "/part", "code": "unknown_code", "allowed": allowed}]
    assert "nonsense" not in wrong_part.text
    assert await intake.rows("SELECT 1 FROM disclosures") == []


async def test_an_unsigned_fact_opens_nothing(intake: Any, body: dict[str, Any]) -> None:
    """Whoever holds the family's key could say `started`; only the router can sign an offer or an acceptance (N6)."""
    case_id = await _case(intake, body)
    offer = intake.referral(case_id, "PRO-CEM", EVERYTHING)
    await intake.refer(offer)
    await intake.forge(intake.moved(offer, "in-progress"))
    invented = intake.referral(case_id, "PRO-CEM", EVERYTHING, status="in-progress")
    await intake.forge(invented)

    assert (await intake.packet(offer.referral_id)).json()["stage"] == "offer"
    assert (await intake.packet(invented.referral_id)).status_code == 404
    parked = await intake.rows("SELECT reason FROM parked")
    assert parked == [("SignedFactMissingError",)] * 2


async def test_an_unsigned_fact_cannot_hand_a_packet_to_somebody_else(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", ["ROUTE"])
    await intake.refer(offer)
    accepted = intake.moved(offer, "accepted")
    await intake.refer(accepted)
    thief = uuid4()
    wider = [Grant(rule_id="M1", basis="legal_duty", categories=EVERYTHING, open=True)]
    await intake.forge(intake.moved(accepted, "in-progress", organization_id=thief, grants=wider))

    assert (await intake.packet(offer.referral_id)).json()["fields"] == {}
    assert (await intake.packet(offer.referral_id, organization=thief)).status_code == 404


async def test_a_status_that_came_too_early_waits_for_its_signed_fact(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(intake.moved(offer, "cancelled"))
    assert len(await intake.rows("SELECT 1 FROM parked")) == 1

    await intake.refer(offer)

    async with asyncio.timeout(30):
        while (answer := await intake.packet(offer.referral_id)).status_code != 410:
            assert answer.status_code == 200


async def test_an_older_fact_changes_nothing(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    accepted = intake.moved(offer, "accepted")
    await intake.refer(accepted)
    await intake.refer(offer)

    assert (await intake.packet(offer.referral_id)).json()["stage"] == "accepted"


async def test_what_was_signed_in_one_breath_counts_as_if_it_came_one_by_one(intake: Any, body: dict[str, Any]) -> None:
    case_id = await _case(intake, body)
    offer, unanswered = [intake.referral(case_id, "PRO-CEM", EVERYTHING) for _ in range(2)]
    # Whoever else a later fact names: the receiver never changes.
    narrower = unanswered.model_copy(update={"version": 2, "grants": [], "organization_id": uuid4()})

    await intake.refer_at_once(offer, unanswered, intake.moved(offer, "accepted"), narrower, offer, unanswered)

    assert (await intake.packet(offer.referral_id)).json()["stage"] == "accepted"
    assert (await intake.packet(unanswered.referral_id)).json()["stage"] == "offer"
    versions = await intake.rows("SELECT facts_version, status_version, accepted FROM packets ORDER BY accepted")
    assert versions == [(2, 2, False), (2, 2, True)]


async def test_a_milestone_is_heard_by_the_holder_of_the_referral(intake: Any, body: dict[str, Any]) -> None:
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(offer)
    told = ReferralMilestone(
        milestone_id=uuid4(),
        referral=offer,
        kind="placement",
        value="placed",
        on=datetime(2026, 11, 21, 10, 2, tzinfo=UTC),
    )
    for _ in range(2):
        await intake.say(events.REFERRAL_MILESTONE, told, subject=offer.referral_id)

    assert (await intake.packet(offer.referral_id)).json()["milestones"] == [
        {"kind": "placement", "value": "placed", "on": "2026-11-21T10:05:00+00:00"}
    ]


async def test_the_sheet_of_paper_is_neutral(intake: Any, body: dict[str, Any]) -> None:
    body["identity"]["name"] = "Ficticia <b>& Inventada</b>"
    offer = intake.referral(await _case(intake, body), "PRO-CEM", EVERYTHING)
    await intake.refer(offer)
    await intake.refer(intake.moved(offer, "accepted"))

    answer = await intake.packet(offer.referral_id, "?format=html")

    page = answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert 'filename="documento.html"' in answer.headers["content-disposition"]
    assert "<title>Documento</title>" in page
    (code,) = (await intake.rows("SELECT disclosure_code FROM disclosures"))[0]
    assert page.count(code) == 2
    assert "Ficticia &lt;b&gt;&amp; Inventada&lt;/b&gt;" in page
    for name in ("navez", "PRO-CEM", "Centro Emergencia", "http", "src=", "<script", "<link"):
        assert name not in page
    assert page.index("Contacto solo por medio de quien deriva") < page.index("Ficticia")


async def test_opening_a_packet_asks_the_database_the_same_whatever_she_was_forced_to_do(
    intake: Any, body: dict[str, Any]
) -> None:
    asked: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM packets" in statement:
            asked.append(statement)

    event.listen(intake.service.runtime.database.engine.sync_engine, "before_cursor_execute", count)
    found = []
    for forced in (True, False, None):
        facts = body["facts"] | {"forced_to_offend": forced}
        case_id = await _case(intake, body | {"client_record_id": str(uuid4()), "facts": facts})
        offer = intake.referral(case_id, "PRO-CEM", EVERYTHING)
        await intake.refer(offer)
        asked.clear()
        assert (await intake.packet(offer.referral_id)).status_code == 200
        found.append(list(asked))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 2
