"""What an intake and a preview say in the same words: what she agreed to, what she was told, whom she avoids."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from unavez_shared.web.schema import LongText, RequestModel, ShortText, UtcDatetime
from unavez_shared.web.vocabulary_codes import CategoryCode, LanguageCode, ServiceTypeCode

MAX_LIST = 100

FactsBody = Annotated[dict[str, Any], Field(max_length=200)]
"""Facts by name; the protocol's vocabulary reads them."""
PlacesBody = Annotated[dict[str, Any], Field(max_length=20)]
"""Places by role."""
TextVersion = Annotated[str, Field(min_length=1, max_length=40)]
ConsentMode = Literal["written", "signed", "fingerprint", "voice_with_witness"]


class DutyNotice(RequestModel):
    """She was told what the law makes the worker pass on (SAFETY N12); without its time she was not."""

    told_at: UtcDatetime | None = None
    language: LanguageCode | None = None
    reaction: Literal["agreed", "objected", "left"] | None = None


class ConsentBody(RequestModel):
    """Her consent for one receiver: a kind of service, an organization, or that organization for that service."""

    service_type: ServiceTypeCode | None = None
    organization_id: UUID | None = None
    categories: Annotated[list[CategoryCode], Field(max_length=MAX_LIST)] | None = None
    given_by: Literal["survivor", "guardian", "officer"] | None = None
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
    people: LongText | Annotated[list[ShortText], Field(max_length=MAX_LIST)] | None = None
