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
    """Which kind of paper: the codes of the fact `document`."""
    number: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    """1 to 40 characters, as it stands on the paper."""
    country: CountryCode | None = None
    """ISO 3166-1 alpha-2: who issued it."""


class Identity(RequestModel):
    """Who she is, as far as she says."""

    name: ShortText | None = None
    """As on her papers, or as she says."""
    preferred_name: ShortText | None = None
    """How she wants to be called."""
    document: Document | None = None
    """Her papers, if she shows any."""
    birth_date: Day | None = None
    """`YYYY-MM-DD`; the age follows from it where it was not given."""


class SafeContact(RequestModel):
    """How she may be reached without danger."""

    allowed: bool | None = None
    """Whether anybody may contact her at all."""
    methods: Annotated[list[Method], Field(max_length=MAX_LIST)] | None = None
    """By which ways, as codes."""
    value: ShortText | None = None
    """Number or address."""
    hours: ShortText | None = None
    """When it is safe, in her words."""
    code_word: ShortText | None = None
    """What the caller has to say first."""


class LegalAddress(RequestModel):
    """Where justice may notify her instead of at home."""

    organization_id: UUID | None = None
    """The organization that receives it for her."""


class Details(RequestModel):
    """What belongs to one category alone."""

    crime: LongText | None = None
    """About the crime."""
    health: LongText | None = None
    """About her health."""
    psychological: LongText | None = None
    """About her psychological state."""
    family: LongText | None = None
    """About her family."""
    migration: LongText | None = None
    """About her migration."""
    reintegration: LongText | None = None
    """About work, school and home from now on."""
    readiness: LongText | None = None
    """Whether she is ready for a forensic interview."""
    compelled_acts: LongText | None = None
    """What she was made to do."""


class Dependant(RequestModel):
    """A child or another person who depends on her."""

    ref: ShortText | None = None
    age: Annotated[int, Field(ge=0, le=120)] | None = None
    """Completed years."""
    sex: Gender | None = None
    """The codes of the fact `gender`."""
    with_her: bool | None = None
    """true: with her now."""
    school_year: ShortText | None = None
    """Year of school."""
    health_note: ShortText | None = None
    """What a carer has to know."""


class Suspect(RequestModel):
    """Somebody she speaks of."""

    ref: ShortText | None = None
    alias: ShortText | None = None
    """A name she knows."""
    role: ShortText | None = None
    """What the person did."""
    relation: Relationship | None = None
    """To her: the codes of the fact `relationship`."""
    features: ShortText | None = None
    """What the person looks like."""


class Site(RequestModel):
    """A place where it happened."""

    ubigeo: PlaceCode | None = None
    """6-digit UBIGEO or ISO 3166-1 alpha-2."""
    km: Annotated[float, Field(ge=0, le=10_000)] | ShortText | None = None
    """Kilometre of the road: a number, or in words."""
    alias: ShortText | None = None
    """What people call it."""
    kind: ShortText | None = None
    """Which kind of place."""
    from_: Annotated[ShortText | None, Field(alias="from")] = None
    """Since when, in her words."""
    to: ShortText | None = None
    """Until when, in her words."""
    others_present: bool | Annotated[int, Field(ge=0, le=100_000)] | ShortText | None = None
    """Whether others were there, or how many."""


class Evidence(RequestModel):
    """A reference to something that proves it, never the thing itself."""

    ref: ShortText | None = None
    kind: ShortText | None = None
    """Which kind of thing."""
    described: ShortText | None = None
    """What it shows."""
    held_by: ShortText | None = None
    """Who has it."""


class Prior(RequestModel):
    """An earlier interview, report or case she knows of."""

    kind: ShortText | None = None
    """Interview, report or case."""
    institution_type: ShortText | None = None
    """Which kind of institution has it."""
    on: ShortText | None = None
    """When, in her words."""
    ref: ShortText | None = None
    """Its number there."""


class Reporter(RequestModel):
    """Who reports about somebody else; in no category, in no packet."""

    name: ShortText | None = None
    """Name of whoever reports."""
    contact: ShortText | None = None
    """How to reach them."""


class ConsentShownBody(RequestModel):
    """How the preview was shown to her before she agreed to every row of it."""

    preview_digest: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    """The `preview_digest` of what was shown; in a demo it may be absent."""
    mode: ConsentMode | None = None
    language: LanguageCode | None = None
    text_version: TextVersion | None = None
    given_at: UtcDatetime | None = None
    in_private: bool | None = None
