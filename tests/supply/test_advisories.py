from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from unavez_shared.testing.ports import free_port
from unavez_tests.supply.advisories import check_advisories
from unavez_tests.supply.tools import ROOT

NOT_CHECKED = (
    "Dependencias: no comprobadas (la fuente de avisos no responde) / "
    "dependencies: not checked (the advisory source does not answer)"
)


def test_a_known_advisory_is_red_and_names_package_advisory_and_fixed_version(source: Any) -> None:
    said: list[str] = []
    assert not check_advisories(ROOT, said.append, service=source(vulnerable=frozenset({"yarl"})))
    assert said[0].startswith("yarl ")
    assert "PYSEC-2026-1, CVE-2026-0001" in said[0]
    assert "fixed in: 999.1" in said[0]


def test_nothing_known_is_green_and_says_how_many_were_checked(source: Any) -> None:
    said: list[str] = []
    assert check_advisories(ROOT, said.append, service=source())
    assert len(said) == 1
    assert "not checked" not in said[0]
    assert int(said[0].split()[1]) > 60


@pytest.mark.parametrize(
    ("answer", "columns"),
    [
        ({"status": 403}, "80"),
        ({"status": 404}, "80"),
        ({"status": 503}, "80"),
        ({"page": b"<html>sign in</html>"}, "80"),
        ({"status": 403}, "400"),
        *(
            pytest.param(answer, "400", marks=pytest.mark.long)
            for answer in ({"status": 404}, {"status": 503}, {"page": b"<html>sign in</html>"})
        ),
    ],
)
def test_a_source_that_gives_no_answer_is_not_checked_and_no_failure(
    answer: dict[str, Any], columns: str, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    said: list[str] = []
    assert check_advisories(ROOT, said.append, service=source(**answer))
    assert said == [NOT_CHECKED]


def test_a_refused_connection_is_not_checked_and_no_failure() -> None:
    said: list[str] = []
    assert check_advisories(ROOT, said.append, service=f"http://127.0.0.1:{free_port()}/")
    assert said == [NOT_CHECKED]


@pytest.mark.parametrize("patience", [4, 0.5])
def test_a_source_that_is_silent_costs_bounded_time(patience: float, source: Any) -> None:
    said: list[str] = []
    began = time.monotonic()
    assert check_advisories(ROOT, said.append, service=source(silent=True), patience=patience)
    assert time.monotonic() - began < 5
    assert said == [NOT_CHECKED]


def test_a_lock_that_cannot_be_read_is_a_failure_and_not_a_silent_source(tmp_path: Path, source: Any) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\n')
    (tmp_path / "uv.lock").write_text("broken")
    said: list[str] = []
    assert not check_advisories(tmp_path, said.append, service=source())
    assert "uv audit" in said[0]
