"""Alembic's entry point for `unavez_keys`."""

from unavez_shared.persistence.migrations import run_env
from unavez_shared.privacy.keys.tables import metadata

run_env(metadata)
