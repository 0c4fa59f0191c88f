"""Ends what a stage started when the test run itself dies: a killed pytest must not leave ten servers behind.

A small process of its own reads a pipe nobody writes to; at its end it kills whatever carries the stage's folder in its
command line or environment, and removes the folder. Linux only, where the faults run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import os, pathlib, shutil, signal, sys
folder = sys.argv[1].encode()
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.stdin.read()
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        if folder in words and int(process.name) != os.getpid():
            os.kill(int(process.name), signal.SIGKILL)
    except OSError:
        continue
if "UNAVEZ_CHAOS_KEEP" not in os.environ:
    shutil.rmtree(folder, ignore_errors=True)
"""


class Reaper:
    """Watches over one folder until `release`, or until this process ends."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(folder)], stdin=subprocess.PIPE, start_new_session=True
        )

    def release(self) -> None:
        """Let it clean up now, and wait."""
        self._process.communicate()
