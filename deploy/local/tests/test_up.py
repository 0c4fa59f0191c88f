"""What `unavez up` says, and what it refuses: tokens and the test clock are a demo's (SAFETY N18)."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from unavez_directory.operations import demo_bundle
from unavez_local.commands import up
from unavez_local.composition import Installation, build_services, create_keys
from unavez_local.data_directory import DataDirectory
from unavez_local.demo_world import cast
from unavez_local.front_page import front_page
from unavez_local.welcome import SHELL_FILE, print_welcome
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.errors import StartupError
from unavez_shared.web.issuer import LocalIssuer

TOKEN = re.compile(r"^([A-Z_]+)=(eyJ[\w-]+\.[\w-]+\.[\w-]+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def born(folder: Path, *, real: bool) -> tuple[Installation, LocalIssuer]:
    data = DataDirectory.open_or_create(folder / "data", real=real)
    issuer = create_keys(data.keys())
    return Installation(data, data.keys(), "postgresql://synthetic@127.0.0.1:1"), issuer


def test_demo_prints_its_urls_and_one_token_a_role(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_welcome(*born(tmp_path, real=False))
    said = capsys.readouterr().out
    assert sorted(name.lower() for name, _ in TOKEN.findall(said)) == sorted(role.value for role in Role)
    for path in ("/intake/docs", "/directory/docs", "/router/docs", "/notifier/docs"):
        assert f"http://127.0.0.1:8000{path}" in said


def test_demo_says_beside_each_variable_which_organization_the_token_is_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_welcome(*born(tmp_path, real=False))
    lines = capsys.readouterr().out.splitlines()
    for person in cast(demo_bundle()):
        line = next(line for line in lines if line.split()[:1] == [f"${person.role.value.upper()}"])
        assert person.organization_name in line


def test_demo_leaves_the_tokens_in_a_private_file_a_shell_can_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installation, issuer = born(tmp_path, real=False)
    print_welcome(installation, issuer)
    printed = dict(TOKEN.findall(capsys.readouterr().out))
    path = tmp_path / "data" / SHELL_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    script = '. "$1"; shift; for name in URL "$@"; do eval "echo \\$$name"; done'
    sourced = subprocess.run(
        ["sh", "-eu", "-c", script, "sh", str(path), *printed], capture_output=True, text=True, check=True
    )
    assert sourced.stdout.splitlines() == ["http://127.0.0.1:8000", *printed.values()]


async def test_the_front_page_links_to_what_answers_without_a_token() -> None:
    transport = httpx.ASGITransport(Starlette(routes=[front_page(demo=True)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        page, unknown = await client.get("/"), await client.get("/anything")
    links = re.findall(r'href="([^"]+)"', page.text)
    for path in ("/intake", "/directory", "/router", "/notifier"):
        assert {f"{path}/docs", f"{path}/openapi.json", f"{path}/health/ready"} <= set(links)
    assert page.text.index("Ella lo cuenta") < page.text.index("She tells it")
    assert "script" not in page.text
    assert unknown.status_code == 404


def test_real_installation_prints_no_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_welcome(*born(tmp_path, real=True))
    said = capsys.readouterr().out
    assert "eyJ" not in said
    assert "./unavez token" in said
    assert not (tmp_path / "data" / SHELL_FILE).exists()


@pytest.mark.parametrize(("issuer", "status"), [(None, 200), ("https://issuer.example", 404)])
async def test_the_local_issuer_is_silent_where_another_one_is_set(
    issuer: str | None,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if issuer is not None:
        monkeypatch.setenv("UNAVEZ_OIDC_ISSUER", issuer)
    served: list[Any] = []
    monkeypatch.setattr(up, "serve", lambda app, *_, **options: served.extend((app, options["after_start"])))
    monkeypatch.setattr(up, "directory_has_arrived", _arrived)
    up._serve(*born(tmp_path, real=False), None)
    app, announce = served
    await announce()
    assert ("eyJ" in capsys.readouterr().out) == (issuer is None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://unavez") as client:
        for path in ("jwks.json", "openid-configuration"):
            assert (await client.get(f"/.well-known/{path}")).status_code == status


async def _arrived(*_: Any, **__: Any) -> bool:
    return True


def test_test_clock_is_refused_in_a_real_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNAVEZ_TEST_CLOCK", str(tmp_path / "clock"))
    installation, _ = born(tmp_path, real=True)
    with pytest.raises(StartupError, match="UNAVEZ_TEST_CLOCK"):
        build_services(installation)
