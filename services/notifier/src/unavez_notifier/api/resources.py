"""What the routes need, put on the app by the composition root."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import Request

from unavez_notifier.adapters.feed_watch import FeedWatch
from unavez_notifier.adapters.secret_box import SecretBox
from unavez_notifier.adapters.unit_of_work import Transactions
from unavez_notifier.channels.registry import Channels
from unavez_notifier.domain.audiences import Pseudonyms
from unavez_shared.clock import Clock
from unavez_shared.web.at_once import AtOnce


@dataclass(frozen=True, slots=True)
class Resources:
    """The notifier's working parts."""

    transactions: Transactions
    watch: FeedWatch
    secrets: SecretBox
    pseudonyms: Pseudonyms
    channels: Channels
    clock: Clock
    stopping: asyncio.Event
    waits: AtOnce
    demo: bool


def resources(request: Request) -> Resources:
    """Return the app's resources."""
    held: Resources = request.app.state.resources
    return held
