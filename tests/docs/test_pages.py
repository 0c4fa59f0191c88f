"""README and every page for integrators do what they say: their blocks run in order, and print what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from unavez_tests.pages import ROOT, blocks, run_page

PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs/integrate").glob("*.md")))]
Place = tuple[Path, dict[str, str]]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs_in_a_demo(page: str, demo: Place) -> None:
    folder, replace = demo
    run_page(page, folder, kind="demo", replace=replace)


@pytest.mark.parametrize("page", [page for page in PAGES if any(each.kind == "real" for each in blocks(page))])
def test_every_block_of_the_page_runs_on_a_real_installation(page: str, real: Place) -> None:
    folder, replace = real
    run_page(page, folder, kind="real", replace=replace)
