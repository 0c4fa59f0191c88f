from __future__ import annotations

import time
from typing import NoReturn

import pytest

from unavez_shared.settings import ServiceSettings
from unavez_shared.web.errors import RateLimitedError
from unavez_shared.web.rate import HourlyAllowance, RateLimit


def served(limit: RateLimit, digest: str, requests: int) -> int:
    """Return how many of `requests` were let in before the first refusal."""
    for count in range(requests):
        try:
            limit.hit(digest)
        except RateLimitedError:
            return count
    return requests


def served_for_ever(limit: RateLimit, digest: str) -> NoReturn:
    """Ask until refused. Raises `RateLimitedError`."""
    while True:
        limit.hit(digest)


def test_a_token_may_ask_a_thousand_times_a_second_by_default() -> None:
    assert ServiceSettings.model_fields["rate_limit"].default == 1000


def test_a_rested_token_has_a_burst_of_five_seconds_and_another_token_its_own() -> None:
    limit = RateLimit(2)
    assert served(limit, "a", 50) == 10
    assert served(limit, "b", 50) == 10


def test_after_the_burst_the_rate_goes_on_at_once() -> None:
    limit = RateLimit(100)
    began = time.monotonic()
    in_burst = served(limit, "a", 5000)
    let_in = 0
    while time.monotonic() < began + 1:
        let_in += served(limit, "a", 1)
    assert in_burst >= 500
    assert 550 <= in_burst + let_in <= 601  # 500 and then a hundred a second


@pytest.mark.parametrize(("rate", "seconds"), [(1, 1), (100, 1)])
def test_who_is_refused_is_told_when_the_next_request_is_let_in(rate: int, seconds: int) -> None:
    limit = RateLimit(rate)
    with pytest.raises(RateLimitedError) as refused:
        served_for_ever(limit, "a")
    assert refused.value.retry_after == seconds


def test_an_allowance_by_the_hour_has_two_hours_at_once_and_goes_on_at_its_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hours = [0.0]
    monkeypatch.setattr("throttled.utils.now_mono_f", lambda: 1_000_000 + hours[0] * 3600)
    allowance = HourlyAllowance(10)

    def taken(attempts: int) -> int:
        return sum(allowance.take("ana") for _ in range(attempts))

    assert taken(100) == 20
    assert allowance.take("ema")
    hours[0] = 0.5
    assert taken(100) == 5
    hours[0] = 9
    assert taken(100) == 20
