"""The keys events are sealed under: one a family, another one every day, dead after fourteen days (SAFETY N5).

Why a ratchet: tomorrow's key is a one-way function of today's, so nobody has to hand out keys every night (a step that
fails at 00:00 stops every referral), producer and consumers agree without talking, and yesterday's key cannot be
computed from today's. A key file holds the key of the oldest day that may still be opened, and moves on when a service
uses it on a later day. Whoever seizes disk, broker and key file reads at most what was sealed in the last fourteen days
(and, as with any key held by a running service, what will be sealed until the keys are created anew).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from joserfc.jwk import OctKey

from unavez_shared.clock import Clock
from unavez_shared.contracts.errors import StartupError, UnavezError
from unavez_shared.contracts.events import CATALOGUE
from unavez_shared.contracts.services import Service
from unavez_shared.observability.log import logger
from unavez_shared.privacy import key_files, signing
from unavez_shared.privacy.ratchet import LIFETIME, Ratchet

log = logger(__name__)


class KeyUnavailableError(UnavezError):
    """Not a family this service holds, or a day whose key is dead."""

    code = "key_unavailable"


class SealingKeyring:
    """The families one service speaks or hears."""

    def __init__(self, directory: Path, ratchets: dict[str, Ratchet], clock: Clock) -> None:
        self._directory = directory
        self._ratchets = ratchets
        self._clock = clock
        self._day = date.min
        self.is_dying = True
        """False when the directory cannot be written: keys die in memory but not on disk. For `doctor`."""
        self._advance(self._clock.now().date())

    @classmethod
    def load(cls, directory: Path, families: Iterable[str], clock: Clock) -> SealingKeyring:
        """Read `<directory>/sealing/<family>.json` of these families only. Raises `StartupError`."""
        return cls(directory, {family: _read(directory, family) for family in families}, clock)

    def today(self, family: str) -> tuple[str, OctKey]:
        """Return the key id (`<family>.<day>`) and the key to seal with now. Raises `KeyUnavailableError`."""
        today = self._clock.now().date()
        if today != self._day:
            self._advance(today)
        ratchet = self._ratchets.get(family)
        if ratchet is None:
            raise KeyUnavailableError("family not held")
        # A clock that was set back must not stop the bus: then the oldest living day is used.
        day = max(today, ratchet.day)
        key = ratchet.sealing_key(day)
        if key is None:
            raise KeyUnavailableError("no key for this day")
        return f"{family}.{day.isoformat()}", key

    def by_id(self, key_id: str) -> OctKey:
        """Return the key a message names. Raises `KeyUnavailableError` for another family or a dead day."""
        today = self._clock.now().date()
        if today != self._day:
            self._advance(today)
        family, _, day = key_id.rpartition(".")
        ratchet = self._ratchets.get(family)
        try:
            key = ratchet.sealing_key(date.fromisoformat(day)) if ratchet else None
        except ValueError:
            key = None
        if key is None:
            raise KeyUnavailableError("no such key")
        return key

    def _advance(self, today: date) -> None:
        for family, ratchet in self._ratchets.items():
            if ratchet.advance(today):
                self._keep(family, ratchet)
        self._day = today

    def _keep(self, family: str, ratchet: Ratchet) -> None:
        try:
            # Services of one machine share the files: never turn one back that another has moved further.
            if _read(self._directory, family).day < ratchet.day:
                key_files.replace(key_file(self._directory, family), _state(family, ratchet))
        except (OSError, StartupError):
            self.is_dying = False
            log.warning("sealing_key_kept_on_disk", family=family)


def oldest_day(directory: Path, family: str) -> date:
    """Return the day of the key a family's file holds, without advancing it. Raises `StartupError`."""
    return _read(directory, family).day


def key_file(directory: Path, family: str) -> Path:
    """Return where a family's key is."""
    return directory / "sealing" / f"{family}.json"


def create_key_material(directory: Path, *, day: date) -> None:
    """Create every family's first key (born on `day`) and the signing pairs of the four services, where missing.

    Never overwrites. A deployment then gives each service the families of `contracts.events.families_of`, its own
    private and all public keys.
    """
    key_files.make_private_directory(directory / "sealing")
    for family in sorted({event.family for event in CATALOGUE.values()}):
        first = Ratchet(day - LIFETIME, secrets.token_bytes(32))
        key_files.write_once(key_file(directory, family), _state(family, first))
    signing.create_key_pairs(directory, Service)


def _state(family: str, ratchet: Ratchet) -> dict[str, str]:
    return {"family": family, "day": ratchet.day.isoformat(), "key": ratchet.key.hex()}


def _read(directory: Path, family: str) -> Ratchet:
    path = key_file(directory, family)
    content = key_files.read(path)
    try:
        day = date.fromisoformat(content["day"])
        named = content["family"]
    except (KeyError, TypeError, ValueError):
        day, named = date.min, None
    if named != family:
        raise StartupError(f"{path} no es la clave de su familia / {path} is not the key of its family")
    return Ratchet(day, key_files.key_bytes(path, content))
