"""One interview as it was filled in, checked for shape but not yet for sense. Its `repr` shows nothing of hers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Status = Literal["draft", "paused", "complete"]


@dataclass(frozen=True, slots=True, repr=False)
class ConsentGiven:
    """One consent for one receiver, as posted."""

    service_type: str | None
    organization_id: UUID | None
    categories: tuple[str, ...] | None
    given_by: str | None
    mode: str | None
    language: str | None
    text_version: str | None
    given_at: datetime | None
    in_private: bool | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class ConsentShown:
    """How the preview was shown to her before she agreed to all of it."""

    preview_digest: str | None
    mode: str | None
    language: str | None
    text_version: str | None
    given_at: datetime | None
    in_private: bool | None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What the blind indexes are made of."""

    name: str | None
    birth_date: date | None
    document_country: str | None
    document_type: str | None
    document_number: str | None


@dataclass(frozen=True, slots=True, repr=False)
class IntakeForm:
    """The whole interview: `document` is the body as JSON data; the rest is what the rules of registration read."""

    document: Mapping[str, Any]
    client_record_id: str
    status: Status
    captured_at: datetime
    accompanied: bool
    """Kin interpreted, or kin or another companion was in the room."""
    person: Person
    facts: Mapping[str, Any]
    places: Mapping[str, Any]
    consents: tuple[ConsentGiven, ...]
    consent_all_proposed: bool
    consent_shown: ConsentShown | None
    duty_notice_told_at: datetime | None
    avoid_organization_ids: tuple[UUID, ...]
    avoid_service_types: tuple[str, ...]
    confirmed_by: str | None
    second_confirmed_by: str | None
