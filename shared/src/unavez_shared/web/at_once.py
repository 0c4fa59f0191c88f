"""How many of one caller's requests may be under way at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from unavez_shared.web.errors import RateLimitedError


class AtOnce:
    """Counts, in this process, by token digest; None stands for everybody without a token together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: Counter[str | None] = Counter()

    @contextmanager
    def entered(self, token: str | None) -> Iterator[None]:
        """Be one of so many. Raises `RateLimitedError` for one more."""
        if self._under_way[token] >= self._most:
            raise RateLimitedError(retry_after=1)
        self._under_way[token] += 1
        try:
            yield
        finally:
            self._under_way[token] -= 1
            if not self._under_way[token]:
                del self._under_way[token]
