"""The parts of an intake's body: each may be absent, and so may everything in it that is not said to be required."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from unavez_shared.web.consent_bodies import MAX_LIST, ConsentMode, TextVersion
from unavez_shared.web.schema import LongText, RequestModel, ShortText, UtcDatetime
from unavez_shared.web.vocabulary_codes import CountryCode, DocumentType, Gender, LanguageCode, PlaceCode, Relationship

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("invalid_date", "no such day") from None
    raise PydanticCustomError("invalid_date", "not a calendar day")


Day = Annotated[date, BeforeValidator(_read_day)]
"""`YYYY-MM-DD`."""
WorkerCode = Annotated[str, Field(min_length=1, max_length=64)]
Method = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Pointer = Annotated[str, Field(max_length=200, pattern=r"^(/([^~/]|~[01])*)+$")]


class Document(RequestModel):
    """Her papers; the number is not checked against a national format."""

    type: DocumentType | None = None
    number: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    country: CountryCode | None = None


class Identity(RequestModel):
    """Who she is, as far as she says."""

    name: ShortText | None = None
    preferred_name: ShortText | None = None
    document: Document | None = None
    birth_date: Day | None = None


class SafeContact(RequestModel):
    """How she may be reached without danger."""

    allowed: bool | None = None
    methods: Annotated[list[Method], Field(max_length=MAX_LIST)] | None = None
    value: ShortText | None = None
    hours: ShortText | None = None
    code_word: ShortText | None = None


class LegalAddress(RequestModel):
    """Where justice may notify her instead of at home."""

    organization_id: UUID | None = None


class Details(RequestModel):
    """What belongs to one category alone."""

    crime: LongText | None = None
    health: LongText | None = None
    psychological: LongText | None = None
    family: LongText | None = None
    migration: LongText | None = None
    reintegration: LongText | None = None
    readiness: LongText | None = None
    compelled_acts: LongText | None = None


class Dependant(RequestModel):
    """A child or another person who depends on her."""

    ref: ShortText | None = None
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    sex: Gender | None = None
    with_her: bool | None = None
    school_year: ShortText | None = None
    health_note: ShortText | None = None


class Suspect(RequestModel):
    """Somebody she speaks of."""

    ref: ShortText | None = None
    alias: ShortText | None = None
    role: ShortText | None = None
    relation: Relationship | None = None
    features: ShortText | None = None


class Site(RequestModel):
    """A place where it happened."""

    ubigeo: PlaceCode | None = None
    km: Annotated[float, Field(ge=0, le=10_000)] | ShortText | None = None
    alias: ShortText | None = None
    kind: ShortText | None = None
    from_: Annotated[ShortText | None, Field(alias="from")] = None
    to: ShortText | None = None
    others_present: bool | Annotated[int, Field(ge=0, le=100_000)] | ShortText | None = None


class Evidence(RequestModel):
    """A reference to something that proves it, never the thing itself."""

    ref: ShortText | None = None
    kind: ShortText | None = None
    described: ShortText | None = None
    held_by: ShortText | None = None


class Prior(RequestModel):
    """An earlier interview, report or case she knows of."""

    kind: ShortText | None = None
    institution_type: ShortText | None = None
    on: ShortText | None = None
    ref: ShortText | None = None


class Reporter(RequestModel):
    """Who reports about somebody else; in no category, in no packet."""

    name: ShortText | None = None
    contact: ShortText | None = None


class ConsentShownBody(RequestModel):
    """How the preview was shown to her before she agreed to every row of it."""

    preview_digest: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    mode: ConsentMode | None = None
    language: LanguageCode | None = None
    text_version: TextVersion | None = None
    given_at: UtcDatetime | None = None
    in_private: bool | None = None
