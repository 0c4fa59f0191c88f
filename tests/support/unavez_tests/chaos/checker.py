"""Judges a history. Each check is one promise; it returns every violation it finds, in words.

A new promise is one more function in `CHECKS`; `tests/chaos/test_checker.py` must then plant a violation of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from unavez_tests.chaos.history import ANNOUNCES, History, OrganizationId, Referral, Told

_REFUSED = {"rejected", "expired", "failed"}


def check(history: History) -> list[str]:
    """Return every broken promise; empty = nothing lost, nothing twice, nothing out of order, nothing leaked."""
    return [f"{check.__name__}: {violation}" for check in CHECKS for violation in check(history)]


def every_post_was_answered_once(history: History) -> Iterator[str]:
    cases = Counter(posted.case_id for posted in history.posted)
    if cases[None]:
        yield f"{cases.pop(None)} intakes were never answered"
    for case_id, count in cases.items():
        if count > 1:
            yield f"case {case_id} was the answer to {count} different records"


def every_committed_intake_is_known(history: History) -> Iterator[str]:
    answered = {posted.case_id for posted in history.posted if posted.case_id}
    for case_id in sorted(answered - history.committed_cases):
        yield f"case {case_id} was answered 201 and is not in the database"
    for case_id in sorted(history.committed_cases - answered):
        yield f"case {case_id} is in the database and was answered to nobody"


def every_intake_has_exactly_its_referrals(history: History) -> Iterator[str]:
    rows: dict[str, dict[int, Referral]] = defaultdict(dict)
    for referral in history.referrals.values():
        rows[referral.case_id].setdefault(referral.row, referral)
    for posted in history.posted:
        if posted.case_id is None:
            continue
        made = rows[posted.case_id]
        found = Counter((row.service_type, row.jurisdiction) for row in made.values())
        # A row nobody can take has no referral: it stands as an unmet need.
        unmet = Counter(kind for row, kind in history.unmet.get(posted.case_id, {}).items() if row not in made)
        missing = posted.expected - found
        lacking = Counter(kind for kind, _ in missing.elements())
        if found - posted.expected or lacking != unmet:
            yield f"case {posted.case_id}: lacks {lacking - unmet}, too many {found - posted.expected}{unmet - lacking}"


def what_may_leave_was_offered(history: History) -> Iterator[str]:
    offered: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for referral in history.referrals.values():
        if "requested" in referral.steps:
            offered[referral.case_id].add((referral.service_type, referral.jurisdiction))
    for seen in history.plans:
        for service_type, jurisdiction in sorted(seen.may_leave - offered[seen.case_id]):
            yield f"case {seen.case_id}: {service_type} at {jurisdiction} was never offered"


def offers_go_where_the_preview_said(history: History) -> Iterator[str]:
    posted = {each.case_id: each for each in history.posted}
    for referral in history.referrals.values():
        case = posted.get(referral.case_id)
        if case is None or "requested" not in referral.steps:
            continue
        kind = (referral.service_type, referral.jurisdiction)
        if referral.organization_id not in case.may_be_asked.get(kind, frozenset()):
            yield f"case {referral.case_id}: {kind} was offered to {referral.organization_id}, not to be asked"


def who_was_refused_is_asked_elsewhere(history: History) -> Iterator[str]:
    rows: dict[tuple[str, int], list[Referral]] = defaultdict(list)
    for referral in history.referrals.values():
        rows[referral.case_id, referral.row].append(referral)
    for (case_id, row), referrals in rows.items():
        ends = {referral.steps[-1] for referral in referrals if referral.steps}
        if ends and ends <= _REFUSED and row not in history.unmet.get(case_id, {}):
            yield f"case {case_id}: row {row} was refused, and neither asked elsewhere nor said to be unmet"


def no_row_is_offered_twice_to_one_service(history: History) -> Iterator[str]:
    offers = Counter(
        (referral.case_id, referral.row, referral.service_id)
        for referral in history.referrals.values()
        if referral.service_id is not None
    )
    for (case_id, row, service_id), count in offers.items():
        if count > 1:
            yield f"case {case_id}: row {row} has {count} referrals to service {service_id}"


def every_acknowledged_act_stands(history: History) -> Iterator[str]:
    for act in history.acts:
        referral = history.referrals.get(act.referral_id)
        if referral is None or act.to not in referral.steps:
            yield f"referral {act.referral_id}: {act.to} was acknowledged and is not in its history"


def every_step_was_taken_once(history: History) -> Iterator[str]:
    for referral in history.referrals.values():
        for step, count in Counter(referral.steps).items():
            if count > 1 and step in ANNOUNCES:
                yield f"referral {referral.referral_id} became {step} {count} times"


def feeds_have_no_gap(history: History) -> Iterator[str]:
    for organization_id, feed in history.feeds.items():
        positions = [standing.position for standing in feed]
        if positions != list(range(1, len(positions) + 1)):
            yield f"feed of {organization_id}: positions {_odd(positions)}"


def event_ids_are_never_shared(history: History) -> Iterator[str]:
    seen = Counter(standing.event.event_id for feed in history.feeds.values() for standing in feed)
    for event_id, count in seen.items():
        if count > 1:
            yield f"event {event_id} stands {count} times in feeds"


def feeds_tell_exactly_what_happened(history: History) -> Iterator[str]:
    expected: Counter[tuple[str, str, str]] = Counter()
    for referral in history.referrals.values():
        if referral.organization_id is not None and "requested" in referral.steps:
            for step in referral.steps:
                if step in ANNOUNCES:
                    expected[referral.organization_id, referral.referral_id, ANNOUNCES[step]] += 1
    found = Counter(
        (organization_id, standing.event.subject, standing.event.type)
        for organization_id, feed in history.feeds.items()
        for standing in feed
        if standing.event.type in ANNOUNCES.values()
    )
    for (organization_id, subject, kind), count in sorted((expected - found).items()):
        yield f"feed of {organization_id} lacks {kind} of {subject} ({count})"
    for (organization_id, subject, kind), count in sorted((found - expected).items()):
        yield f"feed of {organization_id} has {kind} of {subject} {count} time(s) too often"


def feeds_keep_the_order_of_each_subject(history: History) -> Iterator[str]:
    for organization_id, feed in history.feeds.items():
        told = [standing.event for standing in feed]
        for subject, kinds in _by_subject(told).items():
            referral = history.referrals.get(subject)
            if referral is None:
                continue
            due = [ANNOUNCES[step] for step in referral.steps if step in ANNOUNCES]
            heard = [kind for kind in kinds if kind in due]
            if heard != [kind for kind in due if kind in heard]:
                yield f"feed of {organization_id}: {subject} was told in the order {heard}"


def nothing_reaches_a_stranger(history: History) -> Iterator[str]:
    for place, organization_id, event in _everything_told(history):
        if event.type not in ANNOUNCES.values():
            continue
        referral = history.referrals.get(event.subject)
        if referral is None:
            yield f"{place}: {organization_id} heard of referral {event.subject}, which does not exist"
        elif referral.organization_id != organization_id:
            yield f"{place}: {organization_id} heard of referral {event.subject}, which is another organization's"
        elif referral.offered_as not in history.serves.get(organization_id, set()):
            yield f"{place}: {organization_id} heard of {referral.offered_as}, which it does not offer"


def packets_open_for_their_organization_alone(history: History) -> Iterator[str]:
    for read in history.packets:
        referral = history.referrals.get(read.referral_id)
        entitled = referral is not None and referral.organization_id == read.organization_id
        expected = 200 if entitled else 404
        if read.status_code != expected:
            yield f"packet {read.referral_id} answered {read.status_code} to {read.organization_id}, not {expected}"


def every_event_had_one_effect_on_each_channel(history: History) -> Iterator[str]:
    for channel, listeners in history.listens_after.items():
        for organization_id, after in listeners.items():
            owed = {s.event.event_id: s.event for s in history.feeds.get(organization_id, []) if s.position > after}
            effects = history.effects.get(channel, {}).get(organization_id, [])
            counted = Counter(effect.event_id for effect in effects)
            for event_id in sorted(owed.keys() - counted.keys()):
                yield f"{channel}: {organization_id} never got {owed[event_id].type} of {owed[event_id].subject}"
            for effect in effects:
                if counted[effect.event_id] > 1:
                    yield f"{channel}: {organization_id} did {effect.event_id} {counted[effect.event_id]} times"
                elif effect.event_id not in owed:
                    yield f"{channel}: {organization_id} got {effect.event_id}, which is not in its feed"
                elif effect != owed[effect.event_id]:
                    yield f"{channel}: {organization_id} got other bytes for {effect.event_id}"


def channels_keep_the_order_of_each_subject(history: History) -> Iterator[str]:
    for channel, agencies in history.effects.items():
        for organization_id, effects in agencies.items():
            place = {standing.event.event_id: standing.position for standing in history.feeds.get(organization_id, [])}
            last: dict[str, int] = {}
            for effect in effects:
                position = place.get(effect.event_id, 0)
                if position < last.get(effect.subject, 0):
                    yield f"{channel}: {organization_id} got {effect.type} of {effect.subject} after a later event"
                last[effect.subject] = position


def nothing_is_left_over(history: History) -> Iterator[str]:
    for place, count in sorted(history.leftovers.items()):
        allowed = history.allowed_leftovers.get(place, 0)
        if count != allowed:
            yield f"{count} in {place}, expected {allowed}"


def the_audit_is_whole(history: History) -> Iterator[str]:
    yield from history.audit_findings


def no_answer_was_a_server_error(history: History) -> Iterator[str]:
    for what, count in Counter(history.server_errors).items():
        yield f"500 on {what} ({count})"


def no_service_ended_by_itself(history: History) -> Iterator[str]:
    yield from history.deaths


Check = Callable[[History], Iterator[str]]

CHECKS: Sequence[Check] = (
    every_post_was_answered_once,
    every_committed_intake_is_known,
    every_intake_has_exactly_its_referrals,
    what_may_leave_was_offered,
    offers_go_where_the_preview_said,
    who_was_refused_is_asked_elsewhere,
    no_row_is_offered_twice_to_one_service,
    every_acknowledged_act_stands,
    every_step_was_taken_once,
    feeds_have_no_gap,
    event_ids_are_never_shared,
    feeds_tell_exactly_what_happened,
    feeds_keep_the_order_of_each_subject,
    nothing_reaches_a_stranger,
    packets_open_for_their_organization_alone,
    every_event_had_one_effect_on_each_channel,
    channels_keep_the_order_of_each_subject,
    nothing_is_left_over,
    the_audit_is_whole,
    no_answer_was_a_server_error,
    no_service_ended_by_itself,
)


LASTING = (
    no_answer_was_a_server_error.__name__,
    no_service_ended_by_itself.__name__,
    every_step_was_taken_once.__name__,
)
"""What no waiting makes good."""


def _everything_told(history: History) -> Iterator[tuple[str, OrganizationId, Told]]:
    for organization_id, feed in history.feeds.items():
        for standing in feed:
            yield "feed", organization_id, standing.event
    for channel, agencies in history.effects.items():
        for organization_id, effects in agencies.items():
            for effect in effects:
                yield channel, organization_id, effect


def _by_subject(told: Sequence[Told]) -> dict[str, list[str]]:
    subjects: dict[str, list[str]] = defaultdict(list)
    for event in told:
        subjects[event.subject].append(event.type)
    return subjects


def _odd(positions: Sequence[int]) -> str:
    steps = zip([0, *positions], positions, strict=False)
    odd = [f"{after}→{position}" for after, position in steps if position != after + 1]
    return ", ".join(odd[:5])
