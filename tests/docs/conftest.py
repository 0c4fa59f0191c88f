"""One demo for every page, one real installation for the pages that say so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unavez_shared.testing.ports import free_port
from unavez_tests.world import World, start_one_process

ADDRESS = "http://127.0.0.1:8000"
"""Of the pages; the tests take a free port."""


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A checkout's root as the pages see it, with a demo running, and what to replace in their text."""
    folder = tmp_path_factory.mktemp("demo")
    yield from _running(folder, start_one_process(folder / ".unavez", free_port()))


@pytest.fixture(scope="package")
def real(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, dict[str, str]]]:
    """The same with a real installation, its keys outside its data directory."""
    folder = tmp_path_factory.mktemp("real")
    home = {"XDG_CONFIG_HOME": str(folder / "config")}
    command = folder / "unavez"
    prefix = f'XDG_CONFIG_HOME="{folder}/config" exec "{sys.executable}"'
    command.write_text(f'#!/bin/sh\n{prefix} -m unavez_local "$@"\n')
    command.chmod(0o755)
    yield from _running(folder, start_one_process(folder / ".unavez", free_port(), "--real", environment=home))


def _running(folder: Path, world: World) -> Iterator[tuple[Path, dict[str, str]]]:
    yield folder, {ADDRESS: world.bases["/intake"], "9000": str(free_port())}
    assert world.stop() == [0]
