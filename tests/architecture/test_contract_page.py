"""docs/contract.md names every route and every command, and marks those that are not built yet."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.main import get_command

from unavez_local.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
MOUNTED = {"intake": "/intake", "directory": "/directory", "referral-router": "/router", "notifier": "/notifier"}
NOT_BUILT = re.compile(r"\*\*not built yet", re.IGNORECASE)
EVERYWHERE = "/health/"
"""Said once for all services."""


def _blocks() -> list[tuple[bool, str]]:
    """Return each paragraph, row or list with whether it is what is not built yet; its mark covers the list below."""
    blocks, open_mark = [], False
    for block in re.split(r"\n\n+|\n(?=\|)", PAGE):
        opens = NOT_BUILT.search(block) is not None
        marked = opens or (open_mark and block.startswith("- "))
        open_mark = marked and (not opens or block.rstrip().endswith(":"))
        blocks.append((marked, block))
    return blocks


def _routes(*, built: bool) -> set[tuple[str, str]]:
    return {
        (method, re.sub(r"\{\w+\}", "{}", path.rstrip("/")))
        for marked, block in _blocks()
        if marked is not built
        for methods, path in re.findall(r"`([A-Z|]+) (/(?:intake|router|directory|notifier)[^`\[?]*)", block)
        for method in methods.split("|")
    }


def _documented() -> set[tuple[str, str]]:
    routes: set[tuple[str, str]] = set()
    for service, mount in MOUNTED.items():
        paths = json.loads((ROOT / "services" / service / "openapi.json").read_bytes())["paths"]
        routes |= {
            (method.upper(), re.sub(r"\{\w+\}", "{}", (mount + path).rstrip("/")))
            for path, method in ((path, method) for path, methods in paths.items() for method in methods)
            if method in {"get", "post", "put", "patch", "delete"} and not path.startswith(EVERYWHERE)
        }
    return routes


def test_the_contract_names_every_route_and_no_other() -> None:
    assert _routes(built=True) == _documented()


def test_what_the_contract_calls_not_built_yet_is_not_built() -> None:
    promised = _routes(built=False)
    assert len(promised) > 20
    assert promised & _documented() == set()


def test_every_command_of_the_contract_exists_or_is_marked_as_not_built_yet() -> None:
    for marked, block in _blocks():
        for words in re.findall(r"`\./unavez ([a-z ]+[a-z])", block):
            assert _exists(words.split()) is not marked, words


def test_every_target_of_the_contract_is_one_of_make() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {name for name in re.findall(r"`make ([a-z-]+)", PAGE) if name not in targets} == set()


def _exists(words: list[str]) -> bool:
    command = get_command(app)
    for word in words:
        found = getattr(command, "commands", {}).get(word)
        if found is None:
            return False
        command = found
    return True
