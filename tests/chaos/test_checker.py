"""The checker finds every planted loss, duplicate, reordering and leak, and nothing in a history without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from unavez_tests.chaos.checker import CHECKS, check
from unavez_tests.chaos.history import (
    ANNOUNCES,
    Act,
    History,
    PacketRead,
    Posted,
    Referral,
    Seen,
    Standing,
    Told,
)

HOSPITAL, POLICE, STRANGER = "org-hospital", "org-police", "org-stranger"
CANCELLED = ANNOUNCES["cancelled"]
ANNOUNCED = "pe.unavez.subscription.announced.v1"


def sound() -> History:
    """Two intakes; a hospital with pull and webhook, the police with pull alone. One referral each was cancelled."""
    history = History(
        serves={HOSPITAL: {"HLT-EMER"}, POLICE: {"JUS-PNP"}, STRANGER: {"PSY-CSO"}},
        effects={"webhook": {}, "pull": {}},
        listens_after={"webhook": {HOSPITAL: 1}, "pull": {HOSPITAL: 0, POLICE: 0}},
        leftovers={"outbox of intake": 0, "parked of router": 0},
        feeds={
            HOSPITAL: [standing(1, "announced", "subscription", ANNOUNCED)],
            POLICE: [],
        },
    )
    for number in (1, 2):
        case_id = f"case-{number}"
        history.committed_cases.add(case_id)
        expected = Counter({("HLT-EMER", "current"): 1, ("JUS-PNP", "exploitation"): 1})
        asked = {("HLT-EMER", "current"): frozenset({HOSPITAL}), ("JUS-PNP", "exploitation"): frozenset({POLICE})}
        history.posted.append(Posted(f"record-{number}", case_id, expected, asked))
        history.plans.append(Seen(case_id, frozenset(expected)))
        offer(history, case_id, 0, "HLT-EMER", "current", HOSPITAL)
        offer(history, case_id, 1, "JUS-PNP", "exploitation", POLICE)
    history.posted[0].expected["SHL-ALT", "safe_district"] += 1
    history.unmet["case-1"] = {0: "HLT-EMER", 2: "SHL-ALT"}
    cancel(history, "case-1:0")
    cancel(history, "case-2:1")
    for organization_id, feed in history.feeds.items():
        events = [entry.event for entry in feed]
        history.effects["pull"][organization_id] = events
        if organization_id == HOSPITAL:
            history.effects["webhook"][HOSPITAL] = events[1:]
    return history


def offer(history: History, case_id: str, row: int, service_type: str, jurisdiction: str, organization_id: str) -> None:
    referral_id = f"{case_id}:{row}"
    history.referrals[referral_id] = Referral(
        referral_id,
        case_id,
        service_type,
        jurisdiction,
        row,
        service_type,
        organization_id,
        f"{organization_id}-1",
        ("requested", "accepted"),
    )
    history.acts.append(Act(referral_id, "accepted"))
    history.packets += [PacketRead(organization_id, referral_id, 200), PacketRead(STRANGER, referral_id, 404)]
    tell(history, organization_id, referral_id, ANNOUNCES["requested"])


def cancel(history: History, referral_id: str) -> None:
    referral = history.referrals[referral_id]
    history.referrals[referral_id] = replace(referral, steps=(*referral.steps, "cancelled"))
    history.acts.append(Act(referral_id, "cancelled"))
    assert referral.organization_id is not None
    tell(history, referral.organization_id, referral_id, CANCELLED)


def tell(history: History, organization_id: str, subject: str, kind: str) -> None:
    feed = history.feeds[organization_id]
    feed.append(standing(len(feed) + 1, f"{organization_id}-{len(feed) + 1}", subject, kind))


def standing(position: int, event_id: str, subject: str, kind: str) -> Standing:
    return Standing(position, Told(event_id, kind, subject, f"sha256 of {event_id}"))


def pulled(history: History) -> list[Told]:
    return history.effects["pull"][HOSPITAL]


def test_sound_history_has_no_violation() -> None:
    assert check(sound()) == []


def answered_to_nobody(history: History) -> None:
    history.posted[0] = replace(history.posted[0], case_id=None)
    history.committed_cases.discard("case-1")


def two_records_one_case(history: History) -> None:
    history.posted.append(replace(history.posted[0], record_id="record-3"))


def lost_intake(history: History) -> None:
    history.committed_cases.discard("case-2")


def intake_committed_twice(history: History) -> None:
    history.committed_cases.add("case-2-again")


def lost_plan(history: History) -> None:
    for referral_id in [one for one in history.referrals if one.startswith("case-2")]:
        del history.referrals[referral_id]


def lost_row(history: History) -> None:
    del history.referrals["case-1:1"]


def unmet_need_lost(history: History) -> None:
    history.unmet.clear()


def unmet_need_invented(history: History) -> None:
    history.unmet["case-2"] = {7: "ACC-TRANSPORT"}


def row_too_many(history: History) -> None:
    offer(history, "case-1", 2, "PSY-CSO", "current", HOSPITAL)


def never_offered(history: History) -> None:
    history.referrals["case-1:1"] = replace(history.referrals["case-1:1"], steps=("draft",))


def offered_to_an_organization_elsewhere(history: History) -> None:
    first = history.referrals["case-1:0"]
    history.referrals["case-1:0"] = replace(first, organization_id=STRANGER)


def offered_although_it_waits_for_a_person(history: History) -> None:
    history.posted[0] = replace(history.posted[0], may_be_asked={})


def refused_and_nobody_asked_next(history: History) -> None:
    history.referrals["case-1:1"] = replace(history.referrals["case-1:1"], steps=("requested", "rejected"))


def row_offered_twice(history: History) -> None:
    first = history.referrals["case-1:0"]
    history.referrals["again"] = replace(first, referral_id="again")


def lost_act(history: History) -> None:
    history.referrals["case-1:0"] = replace(history.referrals["case-1:0"], steps=("requested", "cancelled"))


def step_taken_twice(history: History) -> None:
    steps = ("requested", "cancelled", "cancelled")
    history.referrals["case-1:0"] = replace(history.referrals["case-1:0"], steps=steps)


def gap_in_a_feed(history: History) -> None:
    history.feeds[POLICE][-1] = replace(history.feeds[POLICE][-1], position=9)


def position_twice(history: History) -> None:
    history.feeds[POLICE].append(history.feeds[POLICE][-1])


def shared_event_id(history: History) -> None:
    feed = history.feeds[POLICE]
    feed[0] = replace(feed[0], event=replace(feed[0].event, event_id=history.feeds[HOSPITAL][1].event.event_id))


def offer_lost_on_the_way_to_the_feed(history: History) -> None:
    history.feeds[POLICE].pop(0)


def offer_told_twice(history: History) -> None:
    tell(history, POLICE, "case-1:1", ANNOUNCES["requested"])


def cancelled_before_offered(history: History) -> None:
    feed = history.feeds[HOSPITAL]
    subject = "case-1:0"
    first, last = (index for index, entry in enumerate(feed) if entry.event.subject == subject)
    feed[first], feed[last] = replace(feed[first], event=feed[last].event), replace(feed[last], event=feed[first].event)


def another_agencys_referral_in_a_feed(history: History) -> None:
    tell(history, POLICE, "case-1:0", ANNOUNCES["requested"])


def another_agencys_referral_at_a_webhook(history: History) -> None:
    history.effects["webhook"][STRANGER] = [history.feeds[POLICE][0].event]


def referral_nobody_made(history: History) -> None:
    tell(history, POLICE, "phantom", ANNOUNCES["requested"])


def service_it_does_not_offer(history: History) -> None:
    history.referrals["case-1:0"] = replace(history.referrals["case-1:0"], offered_as="PSY-CSO")


def packet_opened_for_a_stranger(history: History) -> None:
    history.packets.append(PacketRead(STRANGER, "case-1:0", 200))


def packet_closed_to_its_agency(history: History) -> None:
    history.packets.append(PacketRead(HOSPITAL, "case-1:0", 404))


def webhook_never_came(history: History) -> None:
    history.effects["webhook"][HOSPITAL] = history.effects["webhook"][HOSPITAL][:-1]


def pull_skipped_one(history: History) -> None:
    history.effects["pull"][HOSPITAL] = pulled(history)[:1] + pulled(history)[2:]


def webhook_had_two_effects(history: History) -> None:
    effects = history.effects["webhook"][HOSPITAL]
    history.effects["webhook"][HOSPITAL] = effects[:1] + effects


def event_that_is_in_no_feed(history: History) -> None:
    invented = Told("invented", CANCELLED, "case-1:0", "sha256 of invented")
    history.effects["webhook"][HOSPITAL] = [*history.effects["webhook"][HOSPITAL], invented]


def other_bytes_on_another_channel(history: History) -> None:
    history.effects["pull"][HOSPITAL] = [replace(pulled(history)[0], digest="other"), *pulled(history)[1:]]


def reordered_on_a_channel(history: History) -> None:
    history.effects["pull"][HOSPITAL] = list(reversed(pulled(history)))


def rows_left_in_the_outbox(history: History) -> None:
    history.leftovers["outbox of intake"] = 3


def expected_leftover_is_missing(history: History) -> None:
    history.allowed_leftovers = {"parked of router": 2}


def audit_row_removed(history: History) -> None:
    history.audit_findings = ["intake: removed (row 7)"]


def fell_over(history: History) -> None:
    history.server_errors = ["POST /intake/v1/intakes"]


def died_and_was_started_again(history: History) -> None:
    history.deaths = ["notifier-1 with -6"]


PLANTED: dict[Callable[[History], None], str] = {
    answered_to_nobody: "every_post_was_answered_once",
    two_records_one_case: "every_post_was_answered_once",
    lost_intake: "every_committed_intake_is_known",
    intake_committed_twice: "every_committed_intake_is_known",
    lost_plan: "every_intake_has_exactly_its_referrals",
    unmet_need_lost: "every_intake_has_exactly_its_referrals",
    unmet_need_invented: "every_intake_has_exactly_its_referrals",
    lost_row: "every_intake_has_exactly_its_referrals",
    row_too_many: "every_intake_has_exactly_its_referrals",
    never_offered: "what_may_leave_was_offered",
    offered_to_an_organization_elsewhere: "offers_go_where_the_preview_said",
    offered_although_it_waits_for_a_person: "offers_go_where_the_preview_said",
    refused_and_nobody_asked_next: "who_was_refused_is_asked_elsewhere",
    row_offered_twice: "no_row_is_offered_twice_to_one_service",
    lost_act: "every_acknowledged_act_stands",
    step_taken_twice: "every_step_was_taken_once",
    gap_in_a_feed: "feeds_have_no_gap",
    position_twice: "feeds_have_no_gap",
    shared_event_id: "event_ids_are_never_shared",
    offer_lost_on_the_way_to_the_feed: "feeds_tell_exactly_what_happened",
    offer_told_twice: "feeds_tell_exactly_what_happened",
    cancelled_before_offered: "feeds_keep_the_order_of_each_subject",
    another_agencys_referral_in_a_feed: "nothing_reaches_a_stranger",
    another_agencys_referral_at_a_webhook: "nothing_reaches_a_stranger",
    referral_nobody_made: "nothing_reaches_a_stranger",
    service_it_does_not_offer: "nothing_reaches_a_stranger",
    packet_opened_for_a_stranger: "packets_open_for_their_organization_alone",
    packet_closed_to_its_agency: "packets_open_for_their_organization_alone",
    webhook_never_came: "every_event_had_one_effect_on_each_channel",
    pull_skipped_one: "every_event_had_one_effect_on_each_channel",
    webhook_had_two_effects: "every_event_had_one_effect_on_each_channel",
    event_that_is_in_no_feed: "every_event_had_one_effect_on_each_channel",
    other_bytes_on_another_channel: "every_event_had_one_effect_on_each_channel",
    reordered_on_a_channel: "channels_keep_the_order_of_each_subject",
    rows_left_in_the_outbox: "nothing_is_left_over",
    expected_leftover_is_missing: "nothing_is_left_over",
    audit_row_removed: "the_audit_is_whole",
    fell_over: "no_answer_was_a_server_error",
    died_and_was_started_again: "no_service_ended_by_itself",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_planted_violation_is_found(plant: Callable[[History], None]) -> None:
    history = sound()
    plant(history)
    found = {violation.partition(":")[0] for violation in check(history)}
    assert PLANTED[plant] in found


def test_every_check_has_a_planted_violation() -> None:
    assert set(PLANTED.values()) == {one.__name__ for one in CHECKS}
