"""Alembic's entry: everything it does is the same in every service."""

from __future__ import annotations

from unavez_notifier.adapters.tables import metadata
from unavez_shared.persistence.migrations import run_env

run_env(metadata)
