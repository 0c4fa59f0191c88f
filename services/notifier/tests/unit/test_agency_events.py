from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_notifier.adapters.pseudonyms import KekPseudonyms
from unavez_notifier.domain import agency_events, news, team_events
from unavez_notifier.domain.audiences import Audience, Feed
from unavez_shared.contracts.actor import NOBODY
from unavez_shared.contracts.event_data import Grant, ReferralState
from unavez_shared.contracts.events import (
    REFERRAL_EXPIRED,
    REFERRAL_MILESTONE,
    REFERRAL_OFFERED,
    REFERRAL_RESCOPED,
    REFERRAL_RESCOPED_V1,
)
from unavez_shared.contracts.services import Service
from unavez_shared.messaging.event import Event
from unavez_shared.privacy.coarse_time import rounded_up
from unavez_shared.privacy.kek import KeyEncryptionKey

NOW = datetime(2026, 11, 20, 20, 4, 13, 250, tzinfo=UTC)
PLANTED = "PLANTED-TOKEN"


def offer(**changed: Any) -> ReferralState:
    values: dict[str, Any] = {
        "referral_id": uuid4(),
        "referral_code": f"{PLANTED}-1",
        "case_id": uuid4(),
        "organization_id": uuid4(),
        "team_organization_id": uuid4(),
        "service_type": "JUS-FISTRAP",
        "service_id": uuid4(),
        "service_name": f"{PLANTED}-0",
        "purpose": f"{PLANTED}-2",
        "status": f"{PLANTED}-3",
        "version": 1,
        "urgency": "asap",
        "district": "17",
        "due_at": NOW + timedelta(hours=11, seconds=7),
        "respond_by": NOW + timedelta(hours=3, seconds=1),
        "offered_at": NOW - timedelta(minutes=2),
        "grants": [Grant(rule_id=f"{PLANTED}-4", basis="consent", categories=[f"{PLANTED}-5"], open=True)],
        "handling": [f"{PLANTED}-6"],
        "organization_entered_at": NOW - timedelta(days=30),
        "reason": f"{PLANTED}-7",
        "demo": True,
        **changed,
    }
    return ReferralState(**values)


class Initials:
    """Pseudonyms a test can read."""

    def of(self, _organization_id: UUID, subject: str) -> str:
        return subject[:1]


def accepted(referral: ReferralState) -> team_events.Events:
    return team_events.referral_events("pe.unavez.referral.accepted.v1", referral, at=NOW, pseudonyms=Initials())


def composed(referral: ReferralState, kind: str = REFERRAL_OFFERED.type) -> dict[str, Any]:
    event = agency_events.referral_event(kind, referral, at=NOW, public_url="https://unavez.example")
    body: dict[str, Any] = json.loads(event.serialise(7, "https://unavez.example"))
    return body


def test_agency_event_has_exactly_the_attributes_of_the_contract() -> None:
    referral = offer()
    event = composed(referral)
    assert set(event) == {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "sequence",
        "datacontenttype",
        "dataschema",
        "data",
    }
    assert event["source"] == "https://unavez.example/notifier"
    assert event["subject"] == str(referral.referral_id)
    assert event["sequence"] == "000000000007"
    assert event["dataschema"] == "https://unavez.example/notifier/v1/schemas/pe.unavez.referral.offered.v1.json"
    assert event["time"] == "2026-11-20T20:00:00+00:00"
    assert event["data"] == {
        "referral_id": str(referral.referral_id),
        "service_type": "JUS-FISTRAP",
        "service_id": str(referral.service_id),
        "urgency": "asap",
        "respond_by": "2026-11-20T23:05:00+00:00",
        "district": "17",
        "packet_url": f"https://unavez.example/intake/v1/packets/{referral.referral_id}",
        "demo": True,
    }


@pytest.mark.parametrize("kind", sorted(agency_events.TOLD_TO_AGENCY))
def test_nothing_of_the_case_is_in_an_agency_event(kind: str) -> None:
    referral = offer()
    text = json.dumps(composed(referral, kind))
    assert PLANTED not in text
    assert str(referral.case_id) not in text
    assert str(referral.team_organization_id) not in text
    assert "trace" not in text


def test_events_of_two_agencies_of_one_case_have_ids_and_addresses_of_their_own() -> None:
    case_id, respond_by = uuid4(), NOW + timedelta(hours=6)
    one, other = (composed(offer(case_id=case_id, respond_by=respond_by)) for _ in range(2))
    for name in ("id", "subject"):
        assert one[name] != other[name]
    assert one["data"]["referral_id"] != other["data"]["referral_id"]
    assert one["data"]["packet_url"] != other["data"]["packet_url"]


@pytest.mark.parametrize("kind", sorted(agency_events.TOLD_TO_AGENCY))
def test_the_id_of_what_an_agency_is_told_is_random(kind: str) -> None:
    assert UUID(composed(offer(), kind)["id"]).version == 4


@pytest.mark.parametrize("kind", [agency_events.ANNOUNCED, agency_events.ENDPOINT_TEST])
def test_the_id_of_what_a_channel_says_about_itself_is_random(kind: str) -> None:
    event = agency_events.channel_event(kind, Feed(uuid4(), Audience.AGENCY), uuid4(), at=NOW, demo=True)
    assert UUID(json.loads(event.serialise(1, "https://unavez.example"))["id"]).version == 4


@given(st.lists(st.integers(min_value=1, max_value=10**12 - 1), min_size=2))
def test_sequences_order_as_text_and_no_event_is_from_the_future(positions: list[int]) -> None:
    event = agency_events.channel_event(
        agency_events.ENDPOINT_TEST, Feed(uuid4(), Audience.AGENCY), uuid4(), at=NOW, demo=True
    )
    bodies = [json.loads(event.serialise(position, "https://unavez.example")) for position in positions]
    assert [int(one) for one in sorted(body["sequence"] for body in bodies)] == sorted(positions)
    assert {datetime.fromisoformat(body["time"]) <= NOW for body in bodies} == {True}


def test_an_offer_to_a_front_door_names_no_service() -> None:
    assert composed(offer(service_id=None))["data"]["service_id"] is None


def test_offer_at_a_safe_district_says_no_department() -> None:
    assert composed(offer(district=None))["data"]["district"] is None


def test_rescoped_grant_is_told_to_nobody() -> None:
    assert REFERRAL_RESCOPED.consumers == {Service.INTAKE}
    assert REFERRAL_RESCOPED_V1.type not in agency_events.TOLD_TO_AGENCY | team_events.TOLD_TO_TEAM


def test_milestone_is_told_to_agencies_only() -> None:
    assert REFERRAL_MILESTONE.type in agency_events.TOLD_TO_AGENCY
    assert REFERRAL_MILESTONE.type not in team_events.TOLD_TO_TEAM


def test_team_event_has_ids_and_status_only() -> None:
    referral = offer(status="accepted", team=["ana", "eva"])
    for event in accepted(referral):
        assert event.feed.organization_id == referral.team_organization_id
        assert event.data == {
            "referral_id": str(referral.referral_id),
            "case_id": str(referral.case_id),
            "status": "accepted",
            "demo": True,
        }


def test_the_coordinators_and_each_person_of_the_team_hear_of_it_with_ids_of_their_own() -> None:
    team = uuid4()
    events = accepted(offer(team_organization_id=team, team=["ana", "eva"]))
    persons = [Feed.of_person(team, subject, Initials()) for subject in ("ana", "eva")]
    assert [event.feed for event in events] == [Feed(team, Audience.COORDINATORS), *persons]
    assert len({event.id for event in events}) == 3


def test_a_case_of_nobody_is_told_to_nobody() -> None:
    assert accepted(offer(team_organization_id=NOBODY)) == ()


def test_an_event_of_the_version_before_names_no_persons_and_is_the_coordinators() -> None:
    before = {name: value for name, value in offer().model_dump().items() if name != "team"}
    assert [event.feed.audience for event in accepted(ReferralState(**before))] == [Audience.COORDINATORS]


def test_a_person_is_stored_under_a_keyed_digest_of_one_organization(tmp_path: Path) -> None:
    one, other = uuid4(), uuid4()
    for name in ("kek.json", "another.json"):
        KeyEncryptionKey.create_file(tmp_path / name)
    feed = Feed.of_person(one, "maria.quispe", KekPseudonyms(tmp_path / "kek.json"))
    assert "quispe" not in feed.key
    assert len(feed.key) == len("person:") + 32
    assert Feed.stored(one, feed.key) == feed
    assert feed == Feed.of_person(one, "maria.quispe", KekPseudonyms(tmp_path / "kek.json"))
    assert feed.key != Feed.of_person(other, "maria.quispe", KekPseudonyms(tmp_path / "kek.json")).key
    assert feed.key != Feed.of_person(one, "maria.quispe", KekPseudonyms(tmp_path / "another.json")).key


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_rounded_time_is_a_full_five_minutes_and_never_earlier(moment: datetime) -> None:
    rounded = rounded_up(moment)
    assert rounded.timestamp() % 300 == 0
    assert timedelta() <= rounded - moment < timedelta(minutes=5)


def test_what_her_team_is_to_see_later_is_told_to_the_agency_at_once_and_to_her_team_when_it_is_shown() -> None:
    referral = offer(status="expired", version=2, team_shown_at=NOW + timedelta(minutes=9), team_status="requested")
    step = Event(uuid4(), REFERRAL_EXPIRED, str(referral.referral_id), NOW, 2, referral)
    told = news.of_referral(step, at=NOW, public_url="https://unavez.example", pseudonyms=Initials())
    assert [event.feed.audience for event in told.events] == [Audience.AGENCY]
    later = referral.model_copy(update={"team_shown_at": None})
    shown = news.of_shown(later, 2, at=NOW + timedelta(minutes=9), pseudonyms=Initials())
    assert [(e.feed.audience, e.type) for e in shown.events] == [(Audience.COORDINATORS, REFERRAL_EXPIRED.type)]
    assert shown.subject != told.subject, "else its version would be old"


def test_that_an_offer_is_shown_is_no_news_for_her_team() -> None:
    assert news.of_shown(offer(status="requested"), 1, at=NOW, pseudonyms=Initials()).events == ()
