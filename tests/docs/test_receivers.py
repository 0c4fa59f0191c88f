"""Each receiver of `docs/integrate/agency.md` answers the handshake and tells a true signature from a false one."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from unavez_shared.testing.ports import free_port
from unavez_tests.pages import blocks

SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = '{"type": "pe.unavez.endpoint.test.v1", "data": {"texto": "señal sintética"}}'


@pytest.fixture(params=["python", "ts", "php"])
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The page's receiver, running; its port is its own."""
    port = free_port()
    text = next(each.text for each in blocks("docs/integrate/agency.md") if each.language == request.param)
    program, file, *arguments = {
        "python": (sys.executable, "receiver.py"),
        "ts": ("node", "receiver.mjs"),
        "php": ("php", "receiver.php", "-S", f"127.0.0.1:{port}"),
    }[request.param]
    if shutil.which(program) is None:
        pytest.skip(f"no ejecutado / not run: {program}")
    (tmp_path / file).write_text(text.replace("9000", str(port)), encoding="utf-8")
    process = subprocess.Popen(
        [program, *arguments, file],
        cwd=tmp_path,
        env={**os.environ, "SECRET": SIGNING},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    process.wait(10)


def test_the_receiver_of_the_page_verifies(receiver: str) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:  # while it starts
        asked = client.request("OPTIONS", receiver, headers={"WebHook-Request-Origin": "unavez.example"})
        assert (asked.status_code, asked.headers["WebHook-Allowed-Origin"]) == (200, "unavez.example")
        now = datetime.now(UTC)
        assert client.post(receiver, content=BODY.encode(), headers=signed(now)).status_code == 204
        assert client.post(receiver, content=BODY.encode() + b" ", headers=signed(now)).status_code == 401
        assert client.post(receiver, content=BODY.encode(), headers=signed(now, "v1,AAAA")).status_code == 401
        assert (
            client.post(receiver, content=BODY.encode(), headers=signed(now - timedelta(minutes=6))).status_code == 401
        )
        rotating = f"v1,AAAA {signed(now)['webhook-signature']}"
        assert client.post(receiver, content=BODY.encode(), headers=signed(now, rotating)).status_code == 204


def signed(at: datetime, signature: str | None = None) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature or Webhook(SIGNING).sign("msg_1", at, BODY),
    }
