"""What shares a running product runs on one worker: otherwise each worker starts one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unavez_tests.sharing import Together, shares_with


def test_a_folder_of_tests_stays_together_and_elsewhere_a_file() -> None:
    assert shares_with("tests/attack/test_limits.py::test_a[x::y/z@w]") == "tests/attack"
    assert shares_with("tests/attack/test_tokens.py::test_b") == "tests/attack"
    assert shares_with("shared/tests/unit/test_a.py::test_c") == "shared/tests/unit/test_a.py"


def test_the_scheduler_of_a_run_on_several_workers_is_ours(pytestconfig: pytest.Config, monkeypatch: Any) -> None:
    monkeypatch.setattr(pytestconfig.option, "dist", "loadgroup")
    make: Callable[..., Any] = pytestconfig.hook.pytest_xdist_make_scheduler
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen", "popen"])
    scheduler = make(config=pytestconfig, log=None)
    assert isinstance(scheduler, Together)
    assert scheduler._split_scope("tests/e2e/test_kill.py::test_a") == "tests/e2e"
