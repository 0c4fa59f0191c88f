"""The one table of `unavez_keys`, kept apart from what its keys open (SAFETY N15)."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, String, Table, Uuid

metadata = MetaData()

case_keys = Table(
    "case_keys",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("holder", String(32), primary_key=True),
    Column("kek_id", String(64), nullable=False),
    Column("wrapped", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("destroyed_at", DateTime(timezone=True)),
)
"""One data key a case and holder. `wrapped` null = destroyed: the row stays, so that no second key is made."""
