"""What cannot be true in an interview: times that have not come, consents without their circumstances.

Every fault names a place and a code, never the value. All of them are collected: the worker corrects the form once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from unavez_intake.domain.form import ConsentGiven, ConsentShown, IntakeForm
from unavez_shared.contracts.errors import Fault
from unavez_shared.protocol.circumstances import faults_of_consent, future
from unavez_shared.protocol.days import day_in_peru

OLDEST_YEARS = 120
_CIRCUMSTANCES = ("mode", "language", "text_version", "given_at", "in_private")


def faults_of(form: IntakeForm, *, now: datetime, demo: bool) -> list[Fault]:
    """Return everything that is impossible or missing in this form."""
    return [
        *_times(form, now),
        *_consents(form, now, demo=demo),
        *_shown(form, now, demo=demo),
        *_confirmations(form),
    ]


def _times(form: IntakeForm, now: datetime) -> Iterator[Fault]:
    yield from future(form.captured_at, now, "/captured_at")
    yield from future(form.duty_notice_told_at, now, "/duty_notice/told_at")
    born = form.person.birth_date
    if born is None:
        return
    if born > day_in_peru(min(form.captured_at, now)):
        yield Fault("/identity/birth_date", "in_future")
    elif born.year < form.captured_at.year - OLDEST_YEARS:
        yield Fault("/identity/birth_date", "out_of_range")


def _consents(form: IntakeForm, now: datetime, *, demo: bool) -> Iterator[Fault]:
    for index, consent in enumerate(form.consents):
        pointer = f"/consents/{index}"
        yield from faults_of_consent(consent, pointer, now=now, captured_at=form.captured_at)
        if not demo:
            yield from _missing_circumstances(consent, pointer)


def _shown(form: IntakeForm, now: datetime, *, demo: bool) -> Iterator[Fault]:
    if form.consent_shown is not None:
        yield from future(form.consent_shown.given_at, now, "/consent_shown/given_at")
    if demo or not form.consent_all_proposed:
        return
    if form.consent_shown is None:
        yield Fault("/consent_shown", "required")
        return
    if form.consent_shown.preview_digest is None:
        yield Fault("/consent_shown/preview_digest", "required")
    yield from _missing_circumstances(form.consent_shown, "/consent_shown")


def _missing_circumstances(consent: ConsentGiven | ConsentShown, pointer: str) -> Iterator[Fault]:
    for name in _CIRCUMSTANCES:
        if getattr(consent, name) is None:
            yield Fault(f"{pointer}/{name}", "required")


def _confirmations(form: IntakeForm) -> Iterator[Fault]:
    if form.second_confirmed_by is None:
        return
    if form.confirmed_by is None:
        yield Fault("/confirmed_by", "required")
    elif form.second_confirmed_by.strip().casefold() == form.confirmed_by.strip().casefold():
        yield Fault("/second_confirmed_by", "same_person")
