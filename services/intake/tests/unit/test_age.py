"""The evening before a birthday, from the posted body to the announced case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from unavez_intake.api.intake_body import IntakeBody, form_of
from unavez_intake.domain.checks import faults_of
from unavez_intake.domain.form import IntakeForm
from unavez_shared.protocol import normalise

EVENING = "2026-11-20T20:00:00-05:00"
LATER = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def _form(birth_date: str) -> IntakeForm:
    posted = {"client_record_id": "1", "captured_at": EVENING, "facts": {}, "identity": {"birth_date": birth_date}}
    return form_of(IntakeBody.model_validate(posted))


@pytest.mark.parametrize(("birth_date", "age"), [("2008-11-21", 17), ("2008-11-20", 18)])
def test_an_interview_in_the_evening_is_read_on_its_own_day(birth_date: str, age: int) -> None:
    form = _form(birth_date)
    facts = normalise(form.facts, form.places, captured_at=form.captured_at, birth_date=form.person.birth_date)
    assert (facts["age"], facts.is_minor) == (age, age < 18)


@pytest.mark.parametrize(("birth_date", "faults"), [("2026-11-20", []), ("2026-11-21", ["/identity/birth_date"])])
def test_nobody_is_born_on_the_day_after_the_interview(birth_date: str, faults: list[str]) -> None:
    assert [fault.pointer for fault in faults_of(_form(birth_date), now=LATER, demo=True)] == faults
