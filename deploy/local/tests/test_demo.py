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
    story = " ".join(told.stdout.replace("│", " ").split())
    steps = [int(number) for number in re.findall(r"^(\d)\. ", told.stdout, re.MULTILINE)]
    assert steps == [1, 2, 3, 4, 5]
    assert "14 services can help her: 12 avisados / notified, 2 en espera / waiting" in story
    assert re.search(r"espera / waits .{0,60}: primero responde / .{0,100}Anti-trafficking prosecutor", story)
    assert re.search(r"PRO-UPE · aviso / event \d+ · urgent", story)
    assert "nobody saw her name before accepting" in story
    assert re.search(r"Unidad de Protección .{0,60} accepts .{0,120}ahora ve / now sees: .{0,200}identidad", story)
    assert re.search(r"declines, «Sin cupo» .{0,150} the next is asked: Asociación de Acompañamiento", story)
    assert re.search(r"recorded as unmet: .{0,80}REI-PRI: nadie lo tomó / nobody took it", story)
    assert "she was asked once" in story
    assert "fictional data" in story
    assert told.stdout.splitlines()[-1].startswith("Ahora usted / now you: ")
    assert list(tmp_path.iterdir()) == []
