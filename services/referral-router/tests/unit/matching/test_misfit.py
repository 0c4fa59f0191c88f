"""Why nobody can take a row."""

from __future__ import annotations

from unavez_referral_router.domain.matching.misfit import Misfit, closest


def test_the_reason_shown_is_that_of_the_service_that_came_closest() -> None:
    assert closest([Misfit.OUT_OF_AREA, Misfit.FULL, Misfit.NO_ACCOMMODATION]) is Misfit.FULL


def test_where_no_service_was_looked_at_none_exists() -> None:
    assert closest([]) is Misfit.NONE_EXISTS


def test_the_reasons_in_the_order_they_are_checked_are_those_agencies_and_teams_read() -> None:
    assert [misfit.code for misfit in Misfit] == [
        "none_exists",
        "out_of_area",
        "no_accommodation",
        "no_interpreter",
        "survivor_declined",
        "full",
        "refused",
    ]
