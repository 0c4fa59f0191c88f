"""Typed parameters for the few statements that are clearer as SQL text (`unnest` batches, the claim)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Integer, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

UUIDS = ARRAY(Uuid)
TEXTS = ARRAY(Text)
BIGINTS = ARRAY(BigInteger)
INTEGERS = ARRAY(Integer)
FLAGS = ARRAY(Boolean)
TIMES = ARRAY(DateTime(timezone=True))
TIME = DateTime(timezone=True)


def statement(sql: str, **types: TypeEngine[Any]) -> TextClause:
    """Return the text with its typed parameters; one constant statement, so that PostgreSQL plans it once."""
    return text(sql).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))
