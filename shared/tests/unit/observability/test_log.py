from __future__ import annotations

import json
import subprocess
import sys

_PROGRAM = """
import logging
from unavez_shared.observability.log import configure, logger

configure()
logger("ours").warning("synthetic_event", count=1)
logging.getLogger("somebody.elses").warning("a value of hers: %s", "SYNTHETIC")
try:
    raise ValueError("SYNTHETIC")
except ValueError:
    logging.getLogger("somebody.elses").exception("SYNTHETIC")
"""


def test_every_line_is_json_and_a_library_quotes_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    ours, theirs, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert (ours["event"], ours["count"]) == ("synthetic_event", 1)
    assert (theirs["event"], theirs["library"], theirs["level"]) == ("library_log", "somebody.elses", "warning")
    assert failed["error"] == "ValueError"
    assert "SYNTHETIC" not in done.stderr
