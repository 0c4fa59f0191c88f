"""The story a newcomer runs first, on an installation of its own whatever the environment names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

NOWHERE = {
    "UNAVEZ_DATABASE_URL": "postgresql://synthetic@127.0.0.1:1",
    "UNAVEZ_AMQP_URL": "amqp://synthetic@127.0.0.1:1",
    "UNAVEZ_PORT": "1",
    "UNAVEZ_PROCESS_ROLE": "api",
    "UNAVEZ_OIDC_ISSUER": "https://issuer.invalid",
}


def test_demo_tells_the_whole_story_and_touches_no_installation_of_the_environment(tmp_path: Path) -> None:
    keys = {name: str(tmp_path / name) for name in ("UNAVEZ_KEK_FILE", "UNAVEZ_SEALING_KEYS_DIR")}
    told = subprocess.run(
        [sys.executable, "-m", "unavez_local", "demo"],
        env={**os.environ, **NOWHERE, **keys},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    steps = [int(number) for number in re.findall(r"^(\d)\. ", told.stdout, re.MULTILINE)]
    assert steps == [1, 2, 3, 4]
    assert "requested → accepted" in told.stdout
    assert "stage: accepted" in told.stdout
    assert re.search(r"PRO-UPE · posición \d+ · urgencia \w+", told.stdout)
    assert "fictional data" in told.stdout
    assert list(tmp_path.iterdir()) == []
