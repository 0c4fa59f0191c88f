"""What Linux says of a process, in /proc."""

from __future__ import annotations

from pathlib import Path


def status_of(pid: int, line: str) -> int:
    """Return the number of one line of `/proc/PID/status`: `VmRSS` (resident now) and `VmHWM` (ever) are in KiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition(f"{line}:")[2].split()[0])
