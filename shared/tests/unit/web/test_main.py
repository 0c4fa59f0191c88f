from __future__ import annotations

import sys

import pytest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.settings import ServiceSettings
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.server import main


def never(_: ServiceSettings) -> ServiceApp:
    raise StartupError("falta la llave / the key is missing")


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *verbs: str) -> str:
    monkeypatch.setattr(sys, "argv", ["main", *verbs])
    monkeypatch.setattr("unavez_shared.web.server.configure", lambda _: None)  # the log stays this process's own
    with pytest.raises(SystemExit) as ended:
        main(never, ServiceSettings, "unavez_intake")
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
