"""One version number everywhere, and a settings page that knows every setting there is."""

from __future__ import annotations

import json
import re
import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from unavez_local.cli import app
from unavez_local.composition import SETTINGS
from unavez_local.settings_page import settings_page
from unavez_shared.environment import ELSEWHERE, KNOWN, PREFIX
from unavez_shared.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "pyproject.toml", *ROOT.glob("services/*/pyproject.toml"), *ROOT.glob("shared/pyproject.toml")]
DOCUMENTS = [*ROOT.glob("services/*/openapi.json"), ROOT / "docs/asyncapi.json"]
SCRIPTS = ROOT / "deploy" / "containers"
READ = re.compile(rf"\b{PREFIX}[A-Z]+(?:_[A-Z]+)*\b(?![*_])")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", [*PACKAGES, ROOT / "deploy/local/pyproject.toml"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_package_has_the_one_version(path: Path) -> None:
    assert tomllib.loads(read(path))["project"]["version"] == VERSION


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_document_a_machine_reads_has_it(path: Path) -> None:
    assert json.loads(read(path))["info"]["version"] == VERSION


def test_the_changelog_has_a_part_for_it_after_what_is_not_released() -> None:
    headings = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d{2}-\d{2})?$", read(ROOT / "CHANGELOG.md"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", VERSION]


@pytest.mark.parametrize("script", ["create-secrets.py", "issue-token.py", "operate.py"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_container_scripts_say_what_they_do_and_which_version_they_are(
    script: str, option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(sys, "argv", [script, option])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPTS / script), run_name="__main__")
    assert not ended.value.code
    said = capsys.readouterr().out
    assert said == f"{script} {VERSION}\n" if option == "--version" else script in said


def test_settings_page_is_fresh() -> None:
    assert read(ROOT / "docs/settings.md") == settings_page(get_command(app), ROOT), "run `make openapi`"


def test_every_setting_says_what_it_means() -> None:
    silent = [f"{each.__name__}.{name}" for each in SETTINGS.values() for name, field in each.model_fields.items()
              if not field.description]  # fmt: skip
    assert silent == []


def test_the_known_names_are_those_the_code_reads() -> None:
    fields = {PREFIX + name.upper() for each in SETTINGS.values() for name in each.model_fields}
    assert {*fields, *(each.name for each in ELSEWHERE)} == KNOWN
    sources: list[Any] = [*ROOT.glob("*/**/src/**/*.py"), *SCRIPTS.rglob("*"), ROOT / "docker-compose.yml"]
    sources += [*ROOT.glob("tests/support/**/*.py"), ROOT / "Makefile"]
    named = {
        name
        for path in sources
        if path.is_file() and path.suffix != ".pyc" and ".venv" not in path.parts
        for name in READ.findall(read(path))
    }
    assert named - KNOWN == set()
