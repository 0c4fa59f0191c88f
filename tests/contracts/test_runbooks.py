"""The runbooks start an installation as what it is, and promise what the code keeps."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.awaited import _LOOK_SECONDS, OVERDUE_SECONDS
from unavez_tests.containers import ROOT
from unavez_tests.runbook import Shell, commands

RUNBOOKS = ROOT / "docs" / "runbooks"
SPANISH, ENGLISH = sorted(RUNBOOKS.glob("*.md")), sorted((RUNBOOKS / "en").glob("*.md"))
SETTINGS_PAGE = "deploy/containers/README.md#ajustes--settings"
STARTS = re.compile(r"docker compose (?:up|run)\b")
"""What reads the settings of an installation anew."""
WRITTEN = "UNAVEZ_OIDC_ISSUER=https://issuer.example\nUNAVEZ_PUBLIC_URL=https://unavez.example\nUNAVEZ_DEMO=true\n"
PROMISE = re.compile(r"(?:again[^.|]* within|otra vez dentro de) (\d+) s[^.|]*messages_repeated")
BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(RUNBOOKS).with_suffix(""))


def _blocks(page: Path) -> list[str]:
    """Return the blocks of a page without the comments in them."""
    return [re.sub(r"\s*(#|--) .*", "", block) for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


def _names(page: Path) -> set[str]:
    """Return every code, command and column a page names outside its blocks."""
    return set(re.findall(r"`([^`]+)`", BLOCK.sub("", page.read_text(encoding="utf-8"))))


def test_every_page_is_there_in_spanish_and_in_english_and_each_leads_to_the_other() -> None:
    assert {page.name for page in SPANISH} == {page.name for page in ENGLISH}
    for spanish, english in zip(SPANISH, ENGLISH, strict=True):
        name = spanish.name
        assert f"\nEnglish: [en/{name}](en/{name})\n" in spanish.read_text(encoding="utf-8")
        assert f"\nEspañol: [{name}](../{name})\n" in english.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", SPANISH, ids=_name)
def test_both_languages_of_a_page_have_the_same_commands_and_name_the_same_things(page: Path) -> None:
    english = RUNBOOKS / "en" / page.name
    assert _blocks(page) == _blocks(english)
    assert _names(page) == _names(english)


@pytest.mark.parametrize("page", [*SPANISH, *ENGLISH], ids=_name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    linked = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    assert linked
    assert [link for link in linked if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize(
    "page", [page for page in (*SPANISH, *ENGLISH) if STARTS.search(page.read_text("utf-8"))], ids=_name
)
def test_a_page_that_starts_containers_says_first_where_their_settings_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    started = STARTS.search(text)
    assert started is not None
    assert SETTINGS_PAGE in text[: started.start()]
    assert all(name in text[: started.start()] for name in ("COMPOSE_ENV_FILES", "COMPOSE_FILE"))
    assert "\n## Ajustes / Settings\n" in (ROOT / "deploy" / "containers" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["restore.md", "key-rotation.md"])
def test_restore_and_rotation_begin_with_files_that_exist(page: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "machine", places={})
    shell.run("uv run deploy/containers/create-secrets.py")
    environment, files = shell.run(f'{commands(page)[0]}\necho "$COMPOSE_ENV_FILES $COMPOSE_FILE"').split()
    assert (shell.folder / environment).is_file()
    assert files.split(":") == ["docker-compose.yml", "deploy/containers/oidc.yml"]
    assert all((ROOT / file).is_file() for file in files.split(":"))


def test_a_rotation_keeps_the_settings_and_what_opens_stored_data_and_renews_the_rest(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "machine", places={})
    shell.run("uv run deploy/containers/create-secrets.py")
    with (shell.secrets / "environment").open("a", encoding="utf-8") as file:
        file.write(WRITTEN)
    before = {path.relative_to(shell.secrets): path.read_bytes() for path in shell.secrets.rglob("*") if path.is_file()}
    (new_set,) = (block for block in commands("key-rotation.md") if "create-secrets.py" in block)
    shell.run(new_set)
    after = {path.relative_to(shell.secrets): path.read_bytes() for path in shell.secrets.rglob("*") if path.is_file()}
    assert after.keys() == before.keys()
    kept = {str(path) for path in after if after[path] == before[path]}
    assert kept == {
        "environment", "postgres/password", "postgres/pgpass",
        *(f"{service.value}/audit.key" for service in Service),
        *(f"{service}/kek.json" for service in ("intake", "referral-router", "notifier")),
    }  # fmt: skip
    assert after[Path("environment")].decode().endswith(WRITTEN)


def test_no_page_promises_that_a_lost_message_is_said_again_sooner_than_the_code_does() -> None:
    name = "broker-topology.md"
    for page in (RUNBOOKS / name, RUNBOOKS / "en" / name, ROOT / "deploy" / "rabbitmq" / "README.md"):
        promised = re.findall(PROMISE, page.read_text(encoding="utf-8"))
        assert len(promised) == 1, page
        assert int(promised[0]) >= OVERDUE_SECONDS + _LOOK_SECONDS


_DOCKER = """\
#!/bin/sh
echo "$*" >> "$(dirname "$0")/../asked"
case "$*" in
    *pg_dump*unavez_router) echo half; exit 1;;
    *pg_dump*) echo whole;;
esac
"""


def test_a_dump_is_its_owners_alone_and_one_that_fails_is_an_error_after_which_services_run_again(
    tmp_path: Path,
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shell = Shell(tmp_path / "checkout", places={"/another/place": elsewhere})
    (shell.folder / "programs" / "docker").write_text(_DOCKER, encoding="utf-8")
    (dump,) = (block for block in commands("restore.md") if "> $db.dump" in block)

    with pytest.raises(AssertionError, match="NOT DUMPED, repeat: unavez_router\n"):
        shell.run(dump)

    files = [*shell.folder.glob("*.dump"), *elsewhere.glob("*.dump")]
    assert len(files) == 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    last = (shell.folder / "asked").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("compose start intake")
