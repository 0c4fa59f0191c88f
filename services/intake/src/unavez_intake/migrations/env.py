"""Alembic's entry point for `unavez_intake`."""

from unavez_intake.adapters.tables import metadata
from unavez_shared.persistence.migrations import run_env

run_env(metadata)
