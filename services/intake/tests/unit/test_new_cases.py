"""New cases are counted by person and by organization; in a demo by nobody unless it is asked for."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr, ValidationError

from unavez_intake.adapters.new_cases import NewCases
from unavez_intake.settings import Settings
from unavez_shared.contracts.actor import Actor, Role


def frontline(subject: str, organization: UUID) -> Actor:
    return Actor(subject, Role.FRONTLINE, organization)


def within(new_cases: NewCases, actor: Actor, cases: int) -> int:
    """Return how many of so many new cases of one person are not too many."""
    return sum(not new_cases.too_many(actor) for _ in range(cases))


def settings(*, demo: bool, an_hour: int | None = None) -> Settings:
    nowhere = Path("nowhere")
    return Settings(
        database_url=SecretStr("postgresql://nowhere"),
        sealing_keys_dir=nowhere,
        audit_key_file=nowhere,
        kek_file=nowhere,
        demo=demo,
        new_cases_per_hour=an_hour,
    )


def test_a_raid_is_registered_and_what_one_token_goes_on_inventing_is_not_let_out() -> None:
    new_cases, organization = NewCases(20), uuid4()
    assert within(new_cases, frontline("ana", organization), 885) == 40
    assert within(new_cases, frontline("ema", organization), 10) == 10


def test_many_tokens_of_one_organization_have_ten_times_as_much_together() -> None:
    new_cases, organization = NewCases(2), uuid4()
    assert sum(within(new_cases, frontline(str(number), organization), 4) for number in range(30)) == 40
    assert within(new_cases, frontline("0", uuid4()), 4) == 4


def test_one_person_does_not_use_up_what_her_organization_may_register() -> None:
    new_cases, organization = NewCases(2), uuid4()
    assert within(new_cases, frontline("ana", organization), 500) == 4
    assert sum(within(new_cases, frontline(str(number), organization), 4) for number in range(30)) == 36


def test_zero_counts_nobody() -> None:
    assert within(NewCases(0), frontline("ana", uuid4()), 1_000) == 1_000


def test_twenty_an_hour_are_usual_in_a_real_installation_and_a_demo_counts_nobody() -> None:
    assert [settings(demo=demo).usual_new_cases for demo in (False, True)] == [20, 0]
    assert [settings(demo=demo, an_hour=7).usual_new_cases for demo in (False, True)] == [7, 7]
    assert settings(demo=False, an_hour=0).usual_new_cases == 0
    with pytest.raises(ValidationError):
        settings(demo=False, an_hour=-1)
