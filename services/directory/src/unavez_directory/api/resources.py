"""What the routes need, put on the app by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from unavez_directory.adapters.public_reader import PublicReader
from unavez_directory.adapters.stores import Stores
from unavez_directory.api.turns import Turns
from unavez_shared.persistence.database import Database


@dataclass(frozen=True, slots=True)
class Resources:
    """One service's working parts."""

    database: Database
    reader: PublicReader
    stores: Stores
    demo: bool
    public_url: str
    turns: Turns


def resources(request: Request) -> Resources:
    """Return the app's resources."""
    held: Resources = request.app.state.resources
    return held
