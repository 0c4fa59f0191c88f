from __future__ import annotations

import pytest

from unavez_directory.api.pages import PageQuery
from unavez_directory.domain.queries import Page, Paging, taxonomy_filter
from unavez_directory.domain.taxonomies import (
    ACCOMMODATION_TAXONOMY,
    SERVICE_TYPE_TAXONOMY,
    accommodation_term,
    service_type_term,
)


def test_a_term_of_either_taxonomy_becomes_its_condition() -> None:
    by_type = taxonomy_filter(term_id=str(service_type_term("PRO-CEM").id), taxonomy_id=None)
    by_tag = taxonomy_filter(term_id=str(accommodation_term("family").id), taxonomy_id=None)
    assert (by_type.service_type, by_type.accommodation_tag, by_type.nothing) == ("PRO-CEM", None, False)
    assert (by_tag.service_type, by_tag.accommodation_tag, by_tag.nothing) == (None, "family", False)


def test_every_service_has_a_term_of_the_service_types_but_not_of_accommodation() -> None:
    assert not taxonomy_filter(term_id=None, taxonomy_id=str(SERVICE_TYPE_TAXONOMY.id)).any_accommodation_tag
    assert taxonomy_filter(term_id=None, taxonomy_id=str(ACCOMMODATION_TAXONOMY.id)).any_accommodation_tag


@pytest.mark.parametrize("unknown", ["not-an-id", "", "7f3f9a52-5d0e-4c6b-9f57-0b8f0c6f2f11"])
def test_an_id_that_names_nothing_finds_nothing(unknown: str) -> None:
    assert taxonomy_filter(term_id=unknown, taxonomy_id=None).nothing
    assert taxonomy_filter(term_id=None, taxonomy_id=unknown).nothing


def test_a_term_of_another_taxonomy_finds_nothing() -> None:
    term = str(service_type_term("PRO-CEM").id)
    assert taxonomy_filter(term_id=term, taxonomy_id=str(ACCOMMODATION_TAXONOMY.id)).nothing


@pytest.mark.parametrize(("items", "size", "pages"), [(0, 10, 1), (10, 10, 1), (11, 10, 2), (11, None, 1)])
def test_pages_are_counted_upwards(items: int, size: int | None, pages: int) -> None:
    assert Page([], items, Paging(1, size)).total_pages == pages


@pytest.mark.parametrize(("asked", "given"), [(1, 1), (1000, 1000), (1001, 1000), (10**9, 1000)])
def test_a_longer_page_is_lowered_to_a_thousand(asked: int, given: int) -> None:
    assert PageQuery(per_page=asked).paging.size == given
