"""What the routes need, put on the app by the composition root."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import Request

from unavez_notifier.adapters.stores import Stores
from unavez_notifier.domain.audiences import Pseudonyms
from unavez_shared.persistence.database import Database
from unavez_shared.web.at_once import AtOnce


@dataclass(frozen=True, slots=True)
class Resources:
    """The notifier's working parts."""

    database: Database
    stores: Stores
    pseudonyms: Pseudonyms
    stopping: asyncio.Event
    waits: AtOnce
    demo: bool


def resources(request: Request) -> Resources:
    """Return the app's resources."""
    held: Resources = request.app.state.resources
    return held
