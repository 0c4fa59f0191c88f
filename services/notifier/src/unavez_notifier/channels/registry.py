"""THE table of channels. A new one is its module and one line here; the API, claims, metrics and doctor follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from unavez_notifier.channels.channel import Channel
from unavez_notifier.channels.webhook.channel import Webhook
from unavez_notifier.settings import Settings
from unavez_shared.contracts.channels import CHANNEL_NAMES


def names_of(kinds: Sequence[type[Channel]]) -> tuple[str, ...]:
    """Return the names of these channels. Raises `TypeError` unless each has one of its own in the contract."""
    names = tuple(kind.name for kind in kinds)
    if len({*names}) < len(names) or not {*names} <= {*CHANNEL_NAMES}:
        raise TypeError("a channel has a name of its own, one of contracts/channels.py")
    return names


CHANNELS: Final[tuple[type[Channel], ...]] = (Webhook,)
"""What is built, in the order of the API."""
NAMES: Final = names_of(CHANNELS)
"""What a subscription may have. One with another name (a later version's) is left alone, and the doctor reports it."""

_WOULD_LEAVE_A_TRACE: Final = frozenset({"email"} - {*NAMES})
"""Of what the contract names and nobody built yet: who runs a hidden house is refused for the true reason."""
TRACED: Final = frozenset(kind.name for kind in CHANNELS if kind.leaves_trace) | _WOULD_LEAVE_A_TRACE
"""Channels that show an address of the organization to others on the way (SAFETY N4)."""

Channels = Mapping[str, Channel]
"""The channels of this process by name."""


def open_channels(settings: Settings) -> Channels:
    """Return one object of each channel. Nothing connects yet."""
    return {kind.name: kind(settings) for kind in CHANNELS}
