"""Tokens issued on the command line stand in the audit of intake, which keeps what they open.

`unavez token` reaches no database: where it is may be known to the running installation alone. So it leaves a note
beside the issuer's key before it prints a token, and whoever serves the installation records the note within a
second, or when it next starts. Who could take a note away can read the key beside it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from unavez_local.data_directory import KeyPaths
from unavez_shared.contracts.actor import Actor
from unavez_shared.loops import repeat
from unavez_shared.observability.log import logger
from unavez_shared.persistence.database import Database

log = logger(__name__)

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """The notes of one installation: a file a token, never the token itself."""

    folder: Path

    @classmethod
    def beside(cls, keys: KeyPaths) -> IssuedTokens:
        """Return the notes beside the issuer's key."""
        return cls(keys.issuer_file.with_name("issued"))

    def note(self, holder: Actor) -> None:
        """Leave a note of a token that is about to be printed."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        line = {
            "subject": holder.subject,
            "role": holder.role.value,
            "organization_id": str(holder.organization_id),
            "issued_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        draft = self.folder / f"{secrets.token_hex(8)}.new"
        draft.touch(mode=0o600)
        draft.write_bytes(orjson.dumps(line))
        draft.replace(draft.with_suffix(".json"))  # nobody reads half a note

    async def record(self, database: Database) -> int:
        """Write the notes into the audit and take them away; return how many. A crash in between writes one twice."""
        notes = self._notes()
        if notes:
            async with database.transaction() as work:
                for note in notes:
                    line = orjson.loads(note.read_bytes())
                    work.record("token_issued", subject_id=line.pop("subject"), **line)
            for note in notes:
                note.unlink(missing_ok=True)
        return len(notes)

    async def run(self, database: Database, stopping: asyncio.Event) -> None:
        """Record what is noted until stopped. A database that is away is asked again."""

        async def look() -> float:
            await self.record(database)
            return _LOOK_SECONDS

        await repeat(look, stopping, failed=_not_recorded)

    def _notes(self) -> Sequence[Path]:
        return sorted(self.folder.glob("*.json"))


def _not_recorded(error: Exception) -> float:
    log.warning("issued_tokens_not_recorded", error=type(error).__name__)
    return _LOOK_SECONDS
