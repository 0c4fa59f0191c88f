"""Errors with a meaning. Domain and use-cases raise them; `web.problems` maps them to RFC 9457 in one place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from unavez_shared.contracts.conflicts import Conflict

MOST_ALLOWED: Final = 60
"""Values an error lists itself; a longer list is named by the route that has it."""
VOCABULARIES: Final = "/intake/v1/vocabularies"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input: where (JSON pointer) and what (stable code). Never the value.

    An unknown name is told at its parent, and not repeated.
    """

    pointer: str
    code: str
    allowed: tuple[str, ...] = ()
    """The values of a closed list, where there is one."""
    vocabulary: str | None = None
    """The route that has the values, where they are too many to be listed."""
    nearest: str | None = None
    """A name of ours that the unknown one may have been meant for."""


def unknown_code(pointer: str, known: Collection[str], code: str = "unknown_code") -> Fault:
    """Return the fault of a value outside a closed list."""
    if len(known) > MOST_ALLOWED:
        return Fault(pointer, code, vocabulary=VOCABULARIES)
    return Fault(pointer, code, allowed=tuple(known))


class UnavezError(Exception):
    """Base of every error that has an answer."""

    code = "error"


class NotYoursError(UnavezError):
    """It does not exist, or it is not the caller's: one and the same 404."""

    code = "not_found"


class WrongRoleError(UnavezError):
    """It is the caller's, but not in this role: 403."""

    code = "forbidden"


class ConflictError(UnavezError):
    """The state does not allow it: 409 with a stable code, and what to do next."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(f"{conflict.spanish} / {conflict.english}")
        self.conflict = conflict
        self.code = conflict.value


class PreconditionError(UnavezError):
    """`If-Match` names another version: 412."""

    code = "version_mismatch"


class GoneError(UnavezError):
    """The caller held it and no longer does: 410."""

    code = "gone"


class InvalidInputError(UnavezError):
    """Malformed or impossible input: 422 with pointers and codes."""

    code = "invalid_input"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("invalid input")
        self.faults = tuple(faults)


class StartupError(UnavezError):
    """The configuration promises what cannot be honoured: refuse to start, saying what to do."""

    code = "startup_refused"


@dataclass(frozen=True, slots=True)
class Refused:
    """What a command returns, instead of raising, for a refusal that stays on record: committed first, then raised."""

    error: UnavezError
