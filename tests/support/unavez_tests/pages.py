"""The blocks of a page for integrators, run in order as one shell session, as somebody who reads it would.

A fence says its language and, where it matters, the kind of installation: `sh` runs everywhere, `sh demo` and `sh real`
on that kind only. A block whose first line names a file (`# receiver.py: …`) is written to it. `# 422` at the end of a
block: that is the answer expected of it. `json` and `text` after a block: what it prints is like that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
_FENCE = re.compile(r"^```(\w+)(?: (demo|real))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"\A(?:#|//|<\?php //) (receiver\.\w+)")
_REFUSED = re.compile(r"# (4\d\d)$", re.MULTILINE)
_MARK = "=== block "
_SECONDS = 90
_PRELUDE = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
"""What fails ends the session, and nothing a page started in the background outlives it."""


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    kind: str | None
    text: str

    @property
    def file_name(self) -> str | None:
        """The file the block is meant to be, if it says so."""
        named = _NAMED.match(self.text)
        return named[1] if named else None

    @property
    def starts_the_product(self) -> bool:
        """Whether it is what the tests do themselves."""
        return self.language == "sh" and re.search(r"\bmake (up|demo)\b", self.text) is not None


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page below the root of the checkout."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [Block(language, kind or None, body) for language, kind, body in _FENCE.findall(text)]


def run_page(page: str, folder: Path, *, kind: str, replace: Mapping[str, str]) -> list[str]:
    """Run the blocks in `folder`, where `.unavez` is; check what they print; return it. AssertionError says which."""
    mine = [each for each in blocks(page) if each.kind in {None, kind} and not each.starts_the_product]
    for each in mine:
        if each.file_name:
            (folder / each.file_name).write_text(_replaced(each.text, replace), encoding="utf-8")
    shells = [each for each in mine if each.language == "sh"]
    script = "".join(_step(number, _replaced(each.text, replace)) for number, each in enumerate(shells))
    done = subprocess.run(
        ["bash", "-c", _PRELUDE + script],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    printed = [part.partition("\n")[2] for part in done.stdout.split(_MARK)[1:]]
    last = shells[len(printed) - 1].text
    assert done.returncode == 0, (
        f"{page}: exit {done.returncode} in\n{last}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    )
    for block, output in zip(shells, printed, strict=True):
        refused = _REFUSED.search(block.text)
        assert refused is None or output.strip().endswith(refused[1]), f"{page}: {refused} in\n{output}"
        for expected in _shown_after(block, mine):
            _compare(expected, output)
    return printed


def _step(number: int, text: str) -> str:
    refused = _REFUSED.search(text)
    ask = "command curl --fail-with-body" if refused is None else "command curl --write-out '\\n%{http_code}'"
    return f"echo\necho '{_MARK}{number}'\ncurl() {{ {ask} \"$@\"; }}\n{text}"


def _replaced(text: str, replace: Mapping[str, str]) -> str:
    for old, new in replace.items():
        text = text.replace(old, new)
    return text


def _shown_after(block: Block, page: list[Block]) -> Iterator[Block]:
    for each in page[page.index(block) + 1 :]:
        if each.language not in {"json", "text"}:
            return
        yield each


def _compare(expected: Block, output: str) -> None:
    if expected.language == "text":
        assert output.strip() == expected.text.strip(), f"the page shows\n{expected.text}\nand it is\n{output}"
        return
    shown, printed = json.loads(expected.text), _last_json(output)
    assert _alike(shown, printed), f"the page shows\n{shown}\nand it is\n{printed}"


def _last_json(output: str) -> Any:
    return json.loads(next(line for line in reversed(output.splitlines()) if line.startswith("{")))


def _alike(shown: Any, printed: Any) -> bool:
    """Tell whether everything shown is there; a text with `…`, a code or a time is only a text."""
    if isinstance(shown, dict):
        return isinstance(printed, dict) and all(k in printed and _alike(v, printed[k]) for k, v in shown.items())
    if isinstance(shown, list):
        return isinstance(printed, list) and all(any(_alike(v, each) for each in printed) for v in shown)
    return type(shown) is type(printed) if isinstance(shown, str) else shown == printed
