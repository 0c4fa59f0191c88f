"""What a command of the directory reads and writes, inside its transaction."""

from __future__ import annotations

from dataclasses import dataclass

from unavez_directory.adapters.store import DirectoryStore


@dataclass(frozen=True, slots=True)
class Stores:
    """Third argument of every use-case: `(command, work, stores)`."""

    directory: DirectoryStore
    demo: bool
    """Whether this installation holds fictional data only (SAFETY N18)."""
