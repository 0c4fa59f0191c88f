"""Freed memory goes back: glibc is watched in a process of its own, for the setting is the process's."""

from __future__ import annotations

import subprocess
import sys

import pytest

_WATCH = """
import ctypes
from unavez_shared.web.memory import give_back_freed_memory

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
{call}
del (first := [bytes(8 << 20)])[:]  # a large block was freed: glibc would now keep blocks of this size
before = libc.mallinfo2().hblkhd
second = bytes(8 << 20)
print(libc.mallinfo2().hblkhd - before >= 8 << 20)
"""


def _given_back(call: str) -> bool:
    program = [sys.executable, "-c", _WATCH.format(call=call)]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout == "True\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_a_large_block_is_given_back_after_one_was_freed_before() -> None:
    assert not _given_back("")
    assert _given_back("assert give_back_freed_memory()")
