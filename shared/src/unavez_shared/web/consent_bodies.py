"""What an intake and a preview say in the same words: what she agreed to, what she was told, whom she avoids."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from unavez_shared.web.schema import LongText, RequestModel, ShortText, UtcDatetime
from unavez_shared.web.vocabulary_codes import CategoryCode, LanguageCode, ServiceTypeCode

MAX_LIST = 100

FactsBody = Annotated[dict[str, Any], Field(max_length=200, json_schema_extra={"x-component": "Facts"})]
"""Facts by name; the protocol's vocabulary reads them."""
PlacesBody = Annotated[dict[str, Any], Field(max_length=20, json_schema_extra={"x-component": "Places"})]
"""Places by role."""
TextVersion = Annotated[str, Field(min_length=1, max_length=40)]
ConsentMode = Literal["written", "signed", "fingerprint", "voice_with_witness"]


class DutyNotice(RequestModel):
    """She was told what the law makes the worker pass on (SAFETY N12); without its time she was not."""

    told_at: UtcDatetime | None = None
    """When she was told; never in the future."""
    language: LanguageCode | None = None
    reaction: Literal["agreed", "objected", "left"] | None = None
    """How she took it."""


class ConsentBody(RequestModel):
    """Her consent for one receiver: a kind of service, an organization, or that organization for that service."""

    service_type: ServiceTypeCode | None = None
    """The receiver by its kind of help; this or `organization_id`, or both."""
    organization_id: UUID | None = None
    """The receiver itself."""
    categories: Annotated[list[CategoryCode], Field(max_length=MAX_LIST)] | None = None
    """What may be read; absent = the categories of the rule."""
    given_by: Literal["survivor", "guardian", "officer"] | None = None
    """Herself, her guardian, or an officer the law lets decide."""
    mode: ConsentMode | None = None
    language: LanguageCode | None = None
    text_version: TextVersion | None = None
    given_at: UtcDatetime | None = None
    in_private: bool | None = None
    expires_at: UtcDatetime | None = None


ConsentsBody = Annotated[list[ConsentBody], Field(max_length=80)]
"""So many, each naming everything, still fit into one sealed event of 64 KiB."""


class Avoid(RequestModel):
    """Whom she does not want to know of it; `people` is free text or a list of names."""

    organization_ids: Annotated[list[UUID], Field(max_length=MAX_LIST)] | None = None
    service_types: Annotated[list[ServiceTypeCode], Field(max_length=MAX_LIST)] | None = None
    """Kinds of help she does not want."""
    people: LongText | Annotated[list[ShortText], Field(max_length=MAX_LIST)] | None = None
    """Free text, or a list of names; up to 200 characters each."""
