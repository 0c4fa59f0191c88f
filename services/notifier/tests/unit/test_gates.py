from __future__ import annotations

from uuid import UUID, uuid4

from unavez_notifier.adapters.gates import Gates
from unavez_notifier.domain.lanes import QUICK, SLOW, SLOW_SECONDS


class Watch:
    """A clock in the test's hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def gates() -> tuple[Gates, Watch]:
    watch = Watch()
    return Gates(watch), watch


def test_what_is_on_the_way_counts_for_its_subscription_and_its_organization() -> None:
    (counted, _), organization, one, other = gates(), uuid4(), uuid4(), uuid4()
    attempts = [counted.enter(organization, each, QUICK) for each in (one, one, other)]
    assert {key: count for key, count, _ in counted.load(QUICK).subscriptions} == {one: 2, other: 1}
    assert counted.load(QUICK).organizations == [(organization, 3)]
    assert counted.load(SLOW).organizations == []
    assert counted.free(QUICK) == QUICK.capacity - 3
    for attempt in attempts:
        counted.leave(attempt, worked=True)
    assert (counted.load(QUICK).subscriptions, counted.free(QUICK)) == ([], QUICK.capacity)


def is_slow(counted: Gates, subscription_id: UUID) -> bool:
    return any(slow for key, _, slow in counted.load(QUICK).subscriptions if key == subscription_id)


def test_a_failing_subscription_is_slow_until_an_attempt_works() -> None:
    (counted, _), one = gates(), uuid4()
    counted.leave(counted.enter(uuid4(), one, QUICK), worked=False)
    assert is_slow(counted, one)
    counted.leave(counted.enter(uuid4(), one, SLOW), worked=True)
    assert not is_slow(counted, one)


def test_a_success_after_nine_seconds_is_as_slow_as_a_time_out() -> None:
    (counted, watch), one = gates(), uuid4()
    attempt = counted.enter(uuid4(), one, QUICK)
    watch.seconds += 9
    counted.leave(attempt, worked=True)
    assert is_slow(counted, one)
    counted.leave(counted.enter(uuid4(), one, SLOW), worked=True)
    assert not is_slow(counted, one)


def test_an_attempt_that_hangs_gives_its_place_in_the_quick_lane_back_before_it_ends() -> None:
    (counted, watch), organization, one = gates(), uuid4(), uuid4()
    for _ in range(QUICK.each_organization):
        counted.enter(organization, one, QUICK)
    watch.seconds += SLOW_SECONDS
    assert (counted.free(QUICK), counted.free(SLOW)) == (QUICK.capacity, SLOW.capacity - QUICK.each_organization)
    assert counted.load(QUICK).organizations == []
    assert counted.load(SLOW).organizations == [(organization, QUICK.each_organization)]
    assert is_slow(counted, one)


def test_what_hangs_in_this_process_is_bounded() -> None:
    counted, watch = gates()
    while free := counted.free(QUICK):
        for _ in range(free):
            counted.enter(uuid4(), uuid4(), QUICK)
        watch.seconds += SLOW_SECONDS
    assert counted.free(SLOW) == 0
    assert sum(count for _, count, _ in counted.load(SLOW).subscriptions) == QUICK.capacity + SLOW.capacity


def test_a_subscription_of_which_nothing_was_heard_for_long_is_forgotten() -> None:
    (counted, watch), one = gates(), uuid4()
    counted.leave(counted.enter(uuid4(), one, QUICK), worked=False)
    watch.seconds += 601
    assert counted.load(QUICK).subscriptions == []
