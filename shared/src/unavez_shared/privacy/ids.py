"""Identifiers: time-ordered ones for our own tables, random ones for whatever an agency sees (SAFETY N7)."""

from __future__ import annotations

import secrets
from uuid import UUID, uuid4

from uuid_utils import compat

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: read aloud and written by hand without doubt."""


def uuid7() -> UUID:
    """Return a time-ordered UUID for internal rows and events. Never for what an agency sees."""
    return UUID(int=compat.uuid7().int)


def random_id() -> UUID:
    """Return a random UUIDv4: referral ids, agency event ids and whatever else leaves."""
    return uuid4()


def spoken_code(groups: int = 2, length: int = 4) -> str:
    """Return a random code a person can read out, such as `K7M3-9QXD` (about 39 bits for the default)."""
    return _spoken(secrets.randbelow(len(_ALPHABET) ** (groups * length)), groups, length)


def spoken_code_of(digest: bytes, groups: int = 2, length: int = 4) -> str:
    """Return the code of a keyed digest: the same for the same digest, and random to whoever has not its key."""
    return _spoken(int.from_bytes(digest), groups, length)


def _spoken(drawn: int, groups: int, length: int) -> str:
    letters = []
    for _ in range(groups * length):
        drawn, letter = divmod(drawn, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "-".join("".join(letters[start : start + length]) for start in range(0, groups * length, length))
