from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from unavez_shared.version import VERSION
from unavez_shared.web.server import main, serve

_APP = """
from unavez_shared.contracts.errors import StartupError


def create_service(_):
    raise StartupError("falta la llave / the key is missing")
"""
_SETTINGS = "from unavez_shared.settings import ServiceSettings as Settings"


@pytest.fixture(autouse=True)
def synthetic_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "synthetic_service"
    package.mkdir()
    for name, text in (("__init__", ""), ("app", _APP), ("settings", _SETTINGS)):
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *verbs: str) -> str:
    monkeypatch.setattr(sys, "argv", ["main", *verbs])
    monkeypatch.setattr("unavez_shared.web.server.configure", lambda _: None)  # the log stays this process's own
    with pytest.raises(SystemExit) as ended:
        main("synthetic_service")
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_missing_and_wrong_settings_are_named_without_their_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNAVEZ_PORT", "SECRET")
    line = refused(monkeypatch, capsys)
    assert "UNAVEZ_PORT (int_parsing)" in line
    assert "UNAVEZ_DATABASE_URL (missing)" in line
    assert "SECRET" not in line
    assert line.count("\n") == 1


def test_unknown_verb_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "serve | migrate | openapi" in refused(monkeypatch, capsys, "dance")


def test_service_that_refuses_to_start_says_why_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "SEALING_KEYS_DIR", "AUDIT_KEY_FILE"):
        monkeypatch.setenv(f"UNAVEZ_{name}", "x")
    assert refused(monkeypatch, capsys) == "Unavez no arranca / does not start: falta la llave / the key is missing\n"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("--version", [f"synthetic_service {VERSION}\n"]),
        ("--help", ["serve", "migrate", "openapi", "docs/settings.md"]),
    ],
)
def test_help_and_version_need_no_setting(
    option: str, expected: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["main", option])
    with pytest.raises(SystemExit) as ended:
        main("synthetic_service")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(each in said for each in expected)


def test_an_unknown_setting_is_one_log_line_without_its_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "SEALING_KEYS_DIR", "AUDIT_KEY_FILE"):
        monkeypatch.setenv(f"UNAVEZ_{name}", "x")
    monkeypatch.setenv("UNAVEZ_PROT", "SECRET")
    with capture_logs() as lines:
        refused(monkeypatch, capsys)
    assert lines == [
        {"event": "unknown_setting", "log_level": "warning", "name": "UNAVEZ_PROT", "nearest": "UNAVEZ_PORT"}
    ]


@pytest.mark.parametrize("port", ["0", "99999"])
def test_a_port_that_is_none_is_named(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNAVEZ_PORT", port)
    assert "UNAVEZ_PORT" in refused(monkeypatch, capsys)


def test_a_taken_port_says_what_to_do_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            serve(Starlette(), [], "127.0.0.1", port, metrics=("127.0.0.1", 0))
    assert ended.value.code == 2
    line = capsys.readouterr().err
    assert (f"127.0.0.1:{port}" in line, "elija otro puerto" in line, "choose another port" in line) == (True,) * 3
    assert line.count("\n") == 1
