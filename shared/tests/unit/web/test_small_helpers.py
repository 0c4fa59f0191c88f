from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unavez_shared.contracts.errors import InvalidInputError
from unavez_shared.web.pagination import decode_cursor, encode_cursor

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ID = UUID("00000000-0000-4000-8000-000000000001")


def test_cursor_comes_back_as_it_went() -> None:
    assert decode_cursor(encode_cursor(MOMENT, ID, 7, "a"), (datetime, UUID, int, str)) == (MOMENT, ID, 7, "a")


@given(st.text() | st.binary().map(lambda raw: raw.hex()))
def test_any_other_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        decode_cursor(text, (datetime, UUID))


@pytest.mark.parametrize("wrong", [encode_cursor(1), encode_cursor("x", ID), encode_cursor(MOMENT, ID, 1)])
def test_cursor_of_another_list_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInputError):
        decode_cursor(wrong, (datetime, UUID))
