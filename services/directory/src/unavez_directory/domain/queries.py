"""What may be asked of the public directory: the HSDS filters, and one page of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from unavez_directory.domain.distances import Circle
from unavez_directory.domain.taxonomies import SERVICE_TYPE_TAXONOMY, TAXONOMIES, terms
from unavez_directory.domain.text import search_words

T = TypeVar("T")

LARGEST_PAGE = 1000
"""`per_page` above this is lowered."""
SLICE = 20
"""Entries a long answer reads and writes at a time: a few milliseconds, then everybody else has a turn."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page; `size` None = everything (ndjson)."""

    number: int = 1
    size: int | None = 50

    @property
    def offset(self) -> int:
        """Rows to skip."""
        return 0 if self.size is None else (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in a list, which is ordered by name."""

    name: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page and how many items there are in all."""

    contents: Sequence[T]
    total_items: int
    paging: Paging

    @property
    def total_pages(self) -> int:
        """Pages of this size; at least one."""
        if self.paging.size is None:
            return 1
        return max(1, -(-self.total_items // self.paging.size))


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Conditions a public service has to meet, all of them. Fields that are None ask nothing."""

    words: tuple[str, ...] = ()
    service_type: str | None = None
    accommodation_tag: str | None = None
    any_accommodation_tag: bool = False
    organization_ids: tuple[UUID, ...] | None = None
    """Of one of these."""
    modified_after: datetime | None = None
    areas: tuple[str, ...] | None = None
    """Serves one of these areas."""
    near: Circle | None = None
    """Its place lies within."""
    nothing: bool = False
    """An id was asked for that names nothing, or a text without a word: the answer is an empty page, not an error."""

    def saying(self, search: str) -> ServiceFilter:
        """Return the filter that also demands the words of `search`."""
        words = search_words(search)
        return replace(self, nothing=True) if words is None else replace(self, words=words)


def taxonomy_filter(
    *, term_id: str | None, taxonomy_id: str | None, organization_id: str | None = None
) -> ServiceFilter:
    """Translate the ids HSDS filters by. An id that is unknown or not an id at all finds nothing."""
    term = terms().get(uuid) if (uuid := as_uuid(term_id)) else None
    taxonomy = next((known for known in TAXONOMIES if known.id == as_uuid(taxonomy_id)), None)
    of_organization = as_uuid(organization_id)
    unknown = (
        (term_id is not None and term is None)
        or (taxonomy_id is not None and taxonomy is None)
        or (organization_id is not None and of_organization is None)
        or (term is not None and taxonomy is not None and term.taxonomy != taxonomy)
    )
    is_type = term is not None and term.taxonomy == SERVICE_TYPE_TAXONOMY
    return ServiceFilter(
        service_type=term.code if term is not None and is_type else None,
        accommodation_tag=term.code if term is not None and not is_type else None,
        any_accommodation_tag=taxonomy is not None and taxonomy != SERVICE_TYPE_TAXONOMY,
        organization_ids=(of_organization,) if of_organization else None,
        nothing=unknown,
    )


def as_uuid(text: str | None) -> UUID | None:
    """Return the UUID the text is, or None."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
