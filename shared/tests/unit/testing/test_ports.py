"""Ports chosen for servers that start later."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from unavez_shared.testing import ports
from unavez_shared.testing.ports import free_port


def only(monkeypatch: pytest.MonkeyPatch, first: int, span: int) -> None:
    """Leave a few ports to choose from, beyond every slice of every process."""
    monkeypatch.setattr(ports, "_FIRST", first)
    monkeypatch.setattr(ports, "_SLICES", 1)
    monkeypatch.setattr(ports, "_SPAN", span)


def test_a_port_is_none_of_those_that_outgoing_connections_take() -> None:
    local_ports = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(local_ports.read_text(encoding="ascii").split()[0]) if local_ports.exists() else 32_768

    assert all(1024 < free_port() < first for _ in range(300))


def test_a_port_is_not_given_twice_while_others_are_left() -> None:
    assert len({free_port() for _ in range(100)}) == 100


def test_a_port_somebody_listens_on_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, 32_300, 2)
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()

        others = {free_port() for _ in range(4)}

    assert len(others) == 1
    assert port not in others


def test_when_all_are_taken_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, 32_310, 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()

        with pytest.raises(OSError, match="no free TCP port"):
            free_port()


def test_processes_started_one_after_the_other_are_given_different_ports() -> None:
    code = "from unavez_shared.testing.ports import free_port; print(*[free_port() for _ in range(60)])"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    given = [set(one.communicate(timeout=30)[0].split()) for one in running]

    assert len(set.union(*given)) == 180
