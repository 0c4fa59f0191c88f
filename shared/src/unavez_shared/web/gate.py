"""The one way in of a route about a record: 404, then 403, then 422, then its command, in one transaction (ADR 28).

`allow_on_record` authenticated the caller from the headers; the bytes of the body are read before the transaction is
opened, so that who sends slowly holds no connection. The record is looked up once, in the actor's scope, locked where
the command writes. The answer is shaped, after COMMIT, from what the command returned.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from unavez_shared.contracts.errors import NotYoursError, Refused
from unavez_shared.web.auth import RecordCaller

B = TypeVar("B")
"""What was sent: a body, a query, or nothing."""
R = TypeVar("R")
"""The record."""
T = TypeVar("T")
W = TypeVar("W")
"""The unit of work: what a transaction gives to a command."""


def nothing() -> None:
    """Read nothing: the route takes no body and no query."""


async def as_found(record: R, _: None, __: object) -> R:
    """Return the record: the command of a route that only shows it."""
    return record


async def enter(
    caller: RecordCaller,
    transaction: Callable[[], AbstractAsyncContextManager[W]],
    *,
    find: Callable[[W], Awaitable[R | None]],
    read: Callable[[], B],
    command: Callable[[R, B, W], Awaitable[T | Refused]],
) -> T:
    """Return what `command` returned, after COMMIT.

    Raises `NotYoursError` (404) when `find` returns nothing, `WrongRoleError` (403), what `read` raises (413, 415,
    422), what the command raises, and, once its audit row is committed, the error of a `Refused`.
    """
    async with transaction() as work:
        record = await find(work)
        if record is None:
            raise NotYoursError
        caller.require_role()
        result = await command(record, read(), work)
    if isinstance(result, Refused):
        raise result.error
    return result


async def there(entering: Callable[[], Awaitable[T]]) -> T | None:
    """Return what `entering` returns, or None when there is no such record of the caller's (yet).

    For a route that waits (`Arrivals.wait_for`): each look is a short transaction, and the one that finds is THE one.
    """
    try:
        return await entering()
    except NotYoursError:
        return None
