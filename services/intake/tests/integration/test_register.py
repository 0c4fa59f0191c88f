"""Registering an interview, over HTTP and real PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from unavez_intake.adapters import sealed
from unavez_intake.use_cases import register_intake
from unavez_shared.contracts.actor import NOBODY, Role
from unavez_shared.contracts.errors import Fault
from unavez_shared.contracts.events import CASE_REGISTERED

AUTHORS = "11111111-1111-4111-8111-111111111111"
"""The organization of whoever posts, as in the fixtures."""


async def test_an_interview_is_registered_and_announced(intake: Any, body: dict[str, Any]) -> None:
    answer = await intake.post(body)

    created = answer.json()
    assert answer.status_code == 201, answer.text
    assert set(created) == {"intake_id", "case_id", "case_code", "plan_url", "demo"}
    assert created["demo"] is True
    assert created["plan_url"].endswith(f"/router/v1/cases/{created['case_id']}/plan")
    assert answer.headers["Location"].endswith(f"/intake/v1/intakes/{created['intake_id']}")
    event = await intake.next_event()
    assert event.event_type is CASE_REGISTERED
    assert (event.subject, event.sequence) == (created["case_id"], 1)
    state = event.data
    assert (str(state.case_id), str(state.intake_id), state.case_code) == (
        created["case_id"],
        created["intake_id"],
        created["case_code"],
    )
    assert state.team == ["trabajadora-1"]
    assert state.confirmed_by == "trabajadora-1"
    assert state.duty_notice_given
    assert state.consent_all_proposed
    assert state.facts["is_minor"] is True
    assert state.facts["age"] == 17
    assert state.facts["exploitation"] == ["SEX"]
    assert state.places == {"current": "170101", "exploitation": ["170102"], "origin": "081201"}
    assert state.avoid_service_types == ["JUS-PNP"]


async def test_the_same_body_again_gives_the_same_answer(intake: Any, body: dict[str, Any]) -> None:
    first = await intake.post(body)
    second = await intake.post(dict(reversed(body.items())))

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert len(await intake.rows("SELECT 1 FROM intakes")) == 1


async def test_another_body_under_the_same_record_is_refused(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body)
    answer = await intake.post(body | {"account": "otra-cosa-inventada"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:unavez:problem:client_record_taken"
    assert len(await intake.rows("SELECT 1 FROM intakes")) == 1


async def test_a_record_whose_key_was_destroyed_stays_taken(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body)).json()
    await intake.service.app.state.resources.stores.keys.destroy(UUID(created["case_id"]))
    for again in (body, body | {"account": "otra-cosa-inventada"}):
        answer = await intake.post(again)
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:unavez:problem:client_record_taken"
        assert created["case_code"] not in answer.text


async def test_who_reported_her_does_not_learn_of_her_erasure(intake: Any, body: dict[str, Any]) -> None:
    body["facts"]["third_party"] = True
    created = (await intake.post(body)).json()
    case_id = (await intake.next_case()).case_id
    before = [await intake.post(each) for each in (body, body | {"account": "otra-cosa-inventada"})]
    await intake.service.app.state.resources.stores.keys.destroy(case_id)
    after = [await intake.post(each) for each in (body, body | {"account": "otra-cosa-inventada"})]

    assert [answer.status_code for answer in before] == [200, 409]
    assert [(a.status_code, a.content) for a in after] == [(b.status_code, b.content) for b in before]
    assert after[0].json() == created
    assert [a.headers.keys() for a in after] == [b.headers.keys() for b in before]


async def test_a_body_stored_once_is_answered_as_then_under_stricter_rules(
    intake: Any, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await intake.post(body)
    monkeypatch.setattr(register_intake, "faults_of", lambda *_, **__: [Fault("/facts/gender", "unknown_code")])

    again = await intake.post(body)
    assert (again.status_code, again.json()) == (200, first.json())
    new = await intake.post(body | {"client_record_id": str(uuid4())})
    assert new.status_code == 422


async def test_a_taken_record_is_told_before_what_is_wrong_with_the_body(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body)
    answer = await intake.post(body | {"facts": {"gender": "nadie"}})

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:unavez:problem:client_record_taken"


async def test_another_organization_may_use_the_same_record_id(intake: Any, body: dict[str, Any]) -> None:
    first = await intake.post(body)
    second = await intake.post(body, organization=uuid4())

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["case_id"] != second.json()["case_id"]


async def test_two_posts_at_once_register_one_interview(intake: Any, body: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(intake.post(body) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(await intake.rows("SELECT 1 FROM intakes")) == 1
    assert len(await intake.rows("SELECT 1 FROM consents")) == 1


async def test_two_different_bodies_at_once_register_one_interview(intake: Any, body: dict[str, Any]) -> None:
    answers = await asyncio.gather(*(intake.post(body | {"case_word": f"palabra-{n}"}) for n in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_only_three_things_are_required(intake: Any) -> None:
    least = {"client_record_id": "1", "captured_at": "2026-11-20T15:04:00Z", "facts": {"is_minor": False}}

    assert (await intake.post(least)).status_code == 201
    state = await intake.next_case()
    assert (state.status, state.confirmed_by, state.consent_all_proposed) == ("complete", None, False)


def emptied(value: Any) -> Any:
    """Return the same keys with null for everything that is no object or list."""
    if isinstance(value, dict):
        return {key: emptied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [emptied(inner) for inner in value if isinstance(inner, dict)]
    return None


async def test_null_is_absent_everywhere(intake: Any, body: dict[str, Any]) -> None:
    consent = dict.fromkeys(
        ("categories", "given_by", "mode", "language", "text_version", "given_at", "in_private", "expires_at")
    )
    body |= {
        "consents": [{**consent, "service_type": "PRO-CEM", "organization_id": None}],
        "consent_shown": dict.fromkeys(
            ("preview_digest", "mode", "language", "text_version", "given_at", "in_private"), "x"
        ),
        "details": dict.fromkeys(
            (
                "crime", "health", "psychological", "family", "migration", "reintegration", "readiness",
                "compelled_acts",
            )
        ),
        "consent_reporting": False,
        "second_confirmed_by": None,
    }  # fmt: skip
    required = {"captured_at": body["captured_at"], "facts": {"age": 20, **dict.fromkeys(body["facts"])}}

    nothing = {**dict.fromkeys(body), **required, "client_record_id": "1"}
    assert (await intake.post(nothing)).status_code == 201
    assert (await intake.post({**required, "client_record_id": "1"})).status_code == 200
    inside = {**emptied(body), **required, "client_record_id": "2"}
    inside["consents"][0]["service_type"] = "PRO-CEM"
    answer = await intake.post(inside)
    assert answer.status_code == 201, answer.text
    state = await intake.next_case()
    assert (state.status, state.confirmed_by, state.duty_notice_given) == ("complete", None, False)


async def test_a_duty_notice_without_its_time_was_not_given(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body | {"duty_notice": {"language": "quz", "reaction": "agreed"}})

    assert not (await intake.next_case()).duty_notice_given


async def test_a_draft_is_stored_and_passed_on_as_one(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body | {"status": "draft"})

    assert (await intake.next_case()).status == "draft"
    assert await intake.rows("SELECT status FROM intakes") == [("draft",)]


async def test_what_the_worker_saw_is_passed_on_also_without_a_consent_to_all_of_it(
    intake: Any, body: dict[str, Any]
) -> None:
    seen = {"consent_all_proposed": False, "consent_shown": {"preview_digest": "v1.AAAA"}}
    await intake.post(body | seen)

    state = await intake.next_case()
    assert (state.consent_all_proposed, state.consent_shown_digest) == (False, "v1.AAAA")


async def test_consents_are_stored_with_their_worth_and_an_end(intake: Any, body: dict[str, Any]) -> None:
    body["consents"] = [
        {"service_type": "SHL-HRT", "categories": ["DEMO", "DEMO"], "given_at": "2026-11-20T15:00:00Z"},
        {"organization_id": str(uuid4()), "expires_at": "2026-12-24T00:00:00Z", "in_private": False},
    ]
    await intake.post(body)

    state = await intake.next_case()
    first, second = state.consents
    assert (first.service_type, first.categories, first.to_confirm) == ("SHL-HRT", ["DEMO"], False)
    assert first.expires_at.isoformat() == "2027-11-20T15:00:00+00:00"
    assert (second.categories, second.to_confirm) == (None, True)
    statuses = await intake.rows("SELECT kind, status FROM consents ORDER BY consent_id")
    assert statuses == [("named", "given"), ("named", "to_confirm"), ("all_proposed", "unseen")]


async def test_consent_given_beside_kin_waits_for_confirmation(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body | {"companions": "kin"})

    assert (await intake.next_case()).consent_to_confirm
    assert await intake.rows("SELECT status FROM consents") == [("to_confirm",)]


async def test_a_third_party_report_gives_a_receipt_and_nothing_else(intake: Any, body: dict[str, Any]) -> None:
    body["facts"]["third_party"] = True
    answer = await intake.post(body)

    created = answer.json()
    assert answer.status_code == 201
    assert set(created) == {"intake_id", "receipt", "advice", "demo"}
    assert "Location" not in answer.headers
    read = await intake.client.get(f"/v1/intakes/{created['intake_id']}", headers=intake.bearer())
    assert read.status_code == 404
    again = await intake.post(body)
    assert (again.status_code, again.json()) == (200, created)
    state = await intake.next_case()
    assert (state.team, state.consent_all_proposed, state.consents) == ([], False, [])
    assert await intake.rows("SELECT 1 FROM blind_indexes") == []
    assert created["receipt"] != state.case_code
    assert state.case_code not in answer.text


async def test_a_third_partys_case_is_the_duty_organizations_and_names_its_authors_nowhere(
    start: Any, body: dict[str, Any]
) -> None:
    body["facts"]["third_party"] = True
    duty = uuid4()
    async with start(duty_organization=duty) as intake:
        assert (await intake.post(body)).status_code == 201
        state = await intake.next_case()
        assert (state.organization_id, state.team) == (duty, [])
        assert AUTHORS not in state.model_dump_json()
        own = await intake.post({**body, "client_record_id": "propia", "facts": {"age": 30}})
        assert own.status_code == 201
        assert str((await intake.next_case()).organization_id) == AUTHORS


async def test_without_a_duty_organization_a_third_partys_report_is_kept_and_is_nobodys(
    intake: Any, body: dict[str, Any]
) -> None:
    body["facts"]["third_party"] = True
    assert (await intake.post(body)).status_code == 201
    assert (await intake.next_case()).organization_id == NOBODY


async def test_each_third_party_report_gives_the_same_advice_and_a_receipt_of_its_own(
    intake: Any, body: dict[str, Any]
) -> None:
    answers = []
    for facts in ({"age": 30, "third_party": True}, {"age": 9, "incident": ["TRAF"], "third_party": True}):
        changed = {**body, "client_record_id": str(uuid4()), "facts": facts, "identity": None}
        answers.append((await intake.post(changed)).json())
    assert answers[0]["advice"] == answers[1]["advice"]
    assert "Línea 100" in answers[0]["advice"]["es"]
    assert len({answer["receipt"] for answer in answers}) == 2


async def test_a_receipt_of_before_it_had_a_code_of_its_own_is_answered_as_then(
    intake: Any, body: dict[str, Any]
) -> None:
    body["facts"]["third_party"] = True
    created = (await intake.post(body)).json()
    state = await intake.next_case()
    cipher = await intake.service.app.state.resources.stores.keys.get(state.case_id)
    head = sealed.seal(
        cipher, {"case_code": state.case_code, "third_party": True}, table="intakes", case_id=state.case_id
    )
    async with intake.service.runtime.database.engine.begin() as connection:
        await connection.execute(text("UPDATE intakes SET sealed = :head"), {"head": head})
    again = await intake.post(body)
    assert (again.status_code, again.json()) == (200, created | {"receipt": state.case_code})


async def test_the_exact_place_and_the_story_never_leave_for_the_router(intake: Any, body: dict[str, Any]) -> None:
    await intake.post(body)

    said = (await intake.next_case()).model_dump_json()
    for secret in ("inventad", "99999901", "2009-02-01", "CW-12", "Fici"):
        assert secret not in said


async def test_the_code_of_a_second_person_is_kept_and_leaves_for_nobody(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body | {"second_confirmed_by": "nobody-such-person"})).json()

    assert "nobody-such-person" not in (await intake.next_case()).model_dump_json()
    kept = await intake.client.get(f"/v1/intakes/{created['intake_id']}", headers=intake.bearer())
    assert kept.json()["second_confirmed_by"] == "nobody-such-person"


async def test_a_new_case_beyond_the_usual_number_is_registered_and_waits_for_a_coordinator(
    start: Any, body: dict[str, Any]
) -> None:
    async with start(new_cases_per_hour=1) as intake:

        async def file(record: str, **caller: Any) -> tuple[int, bool, str | None]:
            answer = await intake.post(body | {"client_record_id": record}, **caller)
            state = await intake.next_case()
            return answer.status_code, state.coordinator_first, state.author

        assert [await file(record) for record in "ab"] == [(201, False, None)] * 2
        assert (await intake.post(body | {"client_record_id": "b"})).status_code == 200
        assert await file("c") == (201, True, "trabajadora-1")
        assert await file("d", subject="trabajadora-2") == (201, False, None)
        assert (await intake.post(body | {"client_record_id": "c"})).status_code == 200


async def test_real_mode_wants_the_circumstances_of_consent(start: Any, body: dict[str, Any]) -> None:
    async with start(demo=False) as intake:
        bare = await intake.post(body)
        assert bare.status_code == 422
        assert {"pointer": "/consent_shown", "code": "required"} in bare.json()["errors"]

        body["consent_shown"] = {"mode": "written"}
        half = await intake.post(body)
        pointers = {error["pointer"] for error in half.json()["errors"]}
        assert pointers == {
            f"/consent_shown/{name}"
            for name in ("preview_digest", "language", "text_version", "given_at", "in_private")
        }

        body["consent_shown"] = {
            "preview_digest": "v1.abc",
            "mode": "written",
            "language": "quz",
            "text_version": "pe-2026.1",
            "given_at": "2026-11-20T15:04:00-05:00",
            "in_private": True,
        }
        whole = await intake.post(body)
        assert whole.status_code == 201, whole.text
        assert whole.json()["demo"] is False
        assert (await intake.next_case()).consent_shown_digest == "v1.abc"


async def test_everything_is_written_together(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body)).json()

    case_id = UUID(created["case_id"])
    audit = await intake.rows("SELECT action, actor, case_id, subject_id FROM audit")
    assert audit == [("intake_registered", "trabajadora-1", case_id, created["intake_id"])]
    assert await intake.rows("SELECT subject FROM intake_team") == [("trabajadora-1",)]
    assert sorted(await intake.rows("SELECT kind FROM blind_indexes")) == [("document",), ("name_and_year",)]


async def test_the_team_reads_its_interview_back_and_the_reading_is_recorded(intake: Any, body: dict[str, Any]) -> None:
    created = (await intake.post(body)).json()
    answer = await intake.client.get(f"/v1/intakes/{created['intake_id']}", headers=intake.bearer())

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    read = answer.json()
    assert read["account"] == body["account"]
    assert read["identity"] == body["identity"]
    assert read["sites"][0]["from"] == "marzo"
    assert (read["case_id"], read["case_code"], read["version"]) == (created["case_id"], created["case_code"], 1)
    assert read["consents"][0]["status"] == "unseen"
    assert ("intake_read",) in await intake.rows("SELECT action FROM audit")


async def test_nobody_else_reads_an_interview(intake: Any, body: dict[str, Any]) -> None:
    path = f"/v1/intakes/{(await intake.post(body)).json()['intake_id']}"
    bodies = set()
    for caller in (
        intake.bearer(subject="colega-curiosa"),
        intake.bearer(Role.COORDINATOR, subject="colega-curiosa"),
        intake.bearer(organization=uuid4()),
    ):
        for asked in (path, f"/v1/intakes/{uuid4()}", "/v1/intakes/no-es-un-id"):
            answer = await intake.client.get(asked, headers=caller)
            assert answer.status_code == 404
            bodies.add(answer.content)
    assert len(bodies) == 1
    own = await intake.client.get(path, headers=intake.bearer(Role.COORDINATOR))
    assert own.status_code == 403
    assert await intake.rows("SELECT 1 FROM audit WHERE action = 'intake_read'") == []
