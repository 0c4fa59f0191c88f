from __future__ import annotations

import re
from collections import Counter

from unavez_shared.privacy.ids import spoken_code

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_a_spoken_code_has_groups_of_letters_nobody_mishears() -> None:
    assert all(re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", spoken_code()) for _ in range(100))
    assert re.fullmatch(f"(?:[{LETTERS}]{{2}}-){{2}}[{LETTERS}]{{2}}", spoken_code(groups=3, length=2))


def test_every_letter_is_as_likely_at_every_position() -> None:
    draws = 3_000
    for position in zip(*(spoken_code(1, 8) for _ in range(draws)), strict=True):
        seen = Counter(position)
        assert seen.keys() == set(LETTERS)
        assert max(seen.values()) < 2 * draws / len(LETTERS)
