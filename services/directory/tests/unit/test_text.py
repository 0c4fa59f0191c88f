from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unavez_directory.domain.queries import Paging, ServiceFilter
from unavez_directory.domain.text import normalise, search_words
from unavez_directory.use_cases.list_taxonomies import list_terms


def test_accents_cases_and_punctuation_do_not_matter() -> None:
    assert normalise("Áncash, Huánuco;", None, "ÑAHUI") == "ancash huanuco nahui"


@given(st.text())
def test_whatever_is_asked_becomes_at_most_ten_plain_words(text: str) -> None:
    words = search_words(text) or ()
    assert len(words) <= 10
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words)


def test_signs_are_no_wildcards_and_alone_find_nothing() -> None:
    assert [search_words(text) for text in ("%", "_", " *?' ", "\\%")] == [None] * 4
    assert search_words("100 %_a") == ("100", "a")
    assert search_words("  ") == ()
    assert ServiceFilter().saying("%").nothing
    assert not ServiceFilter().saying(" ").nothing
    assert list_terms("%", None, None, Paging()).total_items == 0
