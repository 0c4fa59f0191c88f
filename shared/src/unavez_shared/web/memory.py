"""What a service holds on to: the C library is told to give freed memory back."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_BYTES: Final = 128 * 1024
"""glibc's own starting value (mallopt(3)). Left alone it raises both, up to 64 MB, with the largest block freed,
and a service keeps what one full batch needed: some 30 MB in the router (docs/performance.md)."""


def give_back_freed_memory() -> bool:
    """Fix glibc's thresholds; call it once, before the work begins. Returns whether there was a glibc to tell."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none, and gives back by itself
    if mallopt is None:
        return False
    return all([mallopt(_TRIM_THRESHOLD, _BYTES) == 1, mallopt(_MMAP_THRESHOLD, _BYTES) == 1])
