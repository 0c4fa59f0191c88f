from __future__ import annotations

import asyncio
import os
import platform
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from unavez_shared.testing.ports import free_port

SCRIPT = Path(__file__).with_name("server_under_test.py")


class Process:
    """The server process and what it said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, said: Callable[[list[str]], bool]) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while not said(self.lines):
                line = await self.process.stdout.readline()
                assert line, self.lines
                self.lines.append(line.decode().strip())

    async def end(self) -> tuple[int, list[str], str]:
        async with asyncio.timeout(20):
            output, errors = await self.process.communicate()
        self.lines += output.decode().split("\n")[:-1]
        assert self.process.returncode is not None
        return self.process.returncode, self.lines, errors.decode()


@asynccontextmanager
async def server(directory: Path, port: int, mode: str = "serve") -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        str(directory),
        str(port),
        mode,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stop_answers_long_polls_then_stops_services_in_reverse(
    tmp_path: Path, port: int, number: signal.Signals
) -> None:
    async with server(tmp_path, port) as running:
        await running.until(lambda lines: "ready" in lines)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            assert (await client.get("/directory/health/ready")).status_code == 200
            poll = asyncio.create_task(client.get("/intake/poll"))
            await running.until(lambda lines: "polling" in lines)
            running.process.send_signal(number)
            running.process.send_signal(number)
            answer = await poll
        code, lines, errors = await running.end()
    assert answer.json() == {"events": []}
    assert (code, errors) == (0, "")
    begun = [line for line in lines if line.startswith("begin_stop")]
    assert sorted(begun) == ["begin_stop directory", "begin_stop intake"]
    assert lines.index("answered") > lines.index(begun[-1])
    assert [line for line in lines if line.startswith(("start", "stop"))] == [
        "start intake",
        "start directory",
        "stop directory",
        "stop intake",
    ]


async def test_server_does_not_say_what_it_is(tmp_path: Path, port: int) -> None:
    async with server(tmp_path, port) as running:
        await running.until(lambda lines: "ready" in lines)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.get("/intake/health/live")
        assert "server" not in answer.headers
        running.process.terminate()
        assert (await running.end())[0] == 0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by themselves")
async def test_memory_a_batch_needed_is_given_back_while_the_server_runs(tmp_path: Path, port: int) -> None:
    async with server(tmp_path, port) as running:
        await running.until(lambda lines: "ready" in lines)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            before = resident_mb(running.process.pid)
            await client.get("/intake/batch")
        async with asyncio.timeout(20):
            while True:
                if resident_mb(running.process.pid) < before + 16:
                    break
                await asyncio.sleep(0.05)
        running.process.terminate()
        assert (await running.end())[0] == 0


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def test_refused_start_is_one_line_and_exit_code_two_and_stops_what_started(tmp_path: Path, port: int) -> None:
    async with server(tmp_path, port, "refuse") as running:
        code, lines, errors = await running.end()
    assert (code, errors) == (2, "Unavez no arranca / does not start: no llave / no key\n")
    assert lines[-1] == "stop intake"


async def test_ctrl_c_while_starting_gives_up_cleanly(tmp_path: Path, port: int) -> None:
    async with server(tmp_path, port, "hang") as running:
        await running.until(lambda lines: "start directory" in lines)
        running.process.send_signal(signal.SIGINT)
        code, lines, errors = await running.end()
    assert (code, errors) == (0, "")
    assert lines[-1] == "stop intake"


async def test_taken_port_is_said_before_anything_starts(tmp_path: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        async with server(tmp_path, port) as running:
            code, lines, errors = await running.end()
    assert (code, lines) == (2, [])
    assert errors.startswith(f"Unavez no arranca / does not start: 127.0.0.1:{port}")
    assert errors.count("\n") == 1


async def test_oversized_stream_is_answered_by_the_real_server(tmp_path: Path, port: int) -> None:
    async with server(tmp_path, port) as running:
        await running.until(lambda lines: "ready" in lines)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer = await client.post("/intake/nothing", content=b" " * (2 * 1024 * 1024))
            again = await client.get("/intake/health/live")
        assert (answer.status_code, again.status_code) == (404, 200)
