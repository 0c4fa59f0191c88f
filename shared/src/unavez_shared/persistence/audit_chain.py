"""The arithmetic of the audit chain: what a seal says about rows, and how a row is written for it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import RowMapping

GENESIS = bytes(32)
"""What the first seal names as its predecessor."""

_NOTATION = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Seal:
    """One link: which rows, what they said (in `mac`), and the link before."""

    number: int
    sealed_at: datetime
    row_ids: Sequence[int]
    low: int
    previous: bytes
    mac: bytes


def mac(key: bytes, seal: Seal, rows: Iterable[RowMapping]) -> bytes:
    """Return HMAC-SHA256 over the seal's own fields and a digest of its rows, in the order of `row_ids`."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(_written(row))
    said = [seal.number, seal.sealed_at, list(seal.row_ids), seal.low, digest.hexdigest(), seal.previous.hex()]
    return hmac.digest(key, orjson.dumps(said, option=orjson.OPT_UTC_Z), hashlib.sha256)


def _written(row: RowMapping) -> bytes:
    columns = {str(name): value for name, value in row.items()}
    # default=str: the driver's UUIDs are a subclass orjson does not know.
    return orjson.dumps(columns, default=str, option=_NOTATION)
