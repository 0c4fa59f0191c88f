"""TCP ports for servers that a test, or a private broker, starts a moment later."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _SPAN, _SLICES = 10_240, 220, 100
"""All below 32,768: from there on Linux takes the local ports of outgoing connections, and a port that was free when it
was chosen is somebody's when the server starts."""
_turn = itertools.count()


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on, and that nobody else was given just now.

    Each process hands out its own slice in turn, so processes that run beside each other do not meet.
    Raises OSError when the whole slice is in use.
    """
    first = _FIRST + os.getpid() % _SLICES * _SPAN
    for _ in range(_SPAN):
        port = first + next(_turn) % _SPAN
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free TCP port")
