"""What a service holds on to: what a full batch needed goes back to the system when it is freed.

glibc keeps freed memory below anything that still lives, and sealed events are blocks just small enough for that: a
router stays 50 MB larger than what it uses, for ever (docs/performance.md). `malloc_trim(3)` returns whole free pages,
in a few milliseconds at most. Other C libraries have none and need none.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 2.0


async def keep_giving_back() -> None:
    """Give freed memory back for as long as the process serves."""
    trim = _malloc_trim()
    while trim is not None:
        await asyncio.sleep(EVERY_SECONDS)
        trim(0)


def _malloc_trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except TypeError:  # Windows has no "the program itself"
        return None
    return found
