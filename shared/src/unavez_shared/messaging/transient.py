"""Which errors are the database's and not the message's."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

DATABASE_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a loop that only talks to the database may meet; the driver's own errors come unwrapped while it connects."""

_DOWN = ("08", "53", "57P", "58", "25P03", "XX001", "XX002")
"""Connection gone, out of disk, memory or slots, shutting down, starting up, input/output error."""
_CONTENTION = ("40", "55P03", "57014")
"""Deadlock, serialization, lock and statement timeouts: another transaction was in the way."""


def is_down(error: BaseException) -> bool:
    """Tell whether the database cannot be used at all right now: pause, and present the messages again."""
    if isinstance(error, (OSError, TimeoutError, PoolTimeoutError)):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # The driver's own errors while a connection is being opened are not wrapped: the state is read from either.
    return _state(error).startswith(_DOWN)


def is_contention(error: BaseException) -> bool:
    """Tell whether the same transaction may simply be tried again."""
    return _state(error).startswith(_CONTENTION)


def _state(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")
