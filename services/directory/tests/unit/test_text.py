from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unavez_directory.domain.text import normalise, search_words


def test_accents_cases_and_punctuation_do_not_matter() -> None:
    assert normalise("Áncash, Huánuco;", None, "ÑAHUI") == "ancash huanuco nahui"


@given(st.text())
def test_whatever_is_asked_becomes_at_most_ten_plain_words(text: str) -> None:
    words = search_words(text)
    assert len(words) <= 10
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words)
