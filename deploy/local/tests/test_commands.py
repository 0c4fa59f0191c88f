"""What an operator types."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from typer.main import get_command
from typer.testing import CliRunner

from unavez_local.cli import app, main
from unavez_local.composition import create_keys
from unavez_local.data_directory import DataDirectory
from unavez_shared.contracts.errors import StartupError
from unavez_shared.protocol.loader import PACKS
from unavez_shared.testing.ports import free_port
from unavez_shared.version import VERSION

ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")
runner = CliRunner()


@pytest.fixture
def demo(tmp_path: Path) -> DataDirectory:
    data = DataDirectory.open_or_create(tmp_path / "data", real=False)
    create_keys(data.keys())
    return data


def test_token_is_on_the_last_line_and_says_who(demo: DataDirectory) -> None:
    result = runner.invoke(
        app,
        ["token", "--data-dir", str(demo.path), "--role", "agency", "--organization", str(ORGANIZATION),
         "--subject", "ana"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    keys = KeySet.import_key_set(json.loads(demo.keys().jwks_file.read_text(encoding="utf-8")))
    claims = jwt.decode(result.output.strip().splitlines()[-1], keys, algorithms=["EdDSA", "Ed25519"]).claims
    assert (claims["sub"], claims["role"], claims["organization_id"]) == ("ana", "agency", str(ORGANIZATION))
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_token_of_an_unknown_role_is_refused(demo: DataDirectory) -> None:
    result = runner.invoke(
        app, ["token", "--data-dir", str(demo.path), "--role", "king", "--organization", str(ORGANIZATION)]
    )
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("option", "url", "variable"),
    [
        ("--database-url", "postgresql://synthetic:{password}@127.0.0.1:1", "UNAVEZ_DATABASE_URL"),
        ("--database-url", "postgresql://synthetic@127.0.0.1:1/postgres?password={password}", "UNAVEZ_DATABASE_URL"),
        ("--amqp-url", "amqp://synthetic:{password}@127.0.0.1:1/", "UNAVEZ_AMQP_URL"),
    ],
)
def test_a_password_on_the_command_line_is_warned_about_and_never_shown(
    option: str, url: str, variable: str, tmp_path: Path
) -> None:
    nowhere = ["--data-dir", str(tmp_path / "nowhere")]
    harmless, url = url.replace(":{password}", "").split("?")[0], url.format(password="xyzzy-7")
    typed = runner.invoke(app, ["doctor", *nowhere, option, url])
    assert variable in typed.stderr
    assert ("contraseña" in typed.stderr, "password" in typed.stderr) == (True, True)
    assert "xyzzy-7" not in typed.output
    from_environment = runner.invoke(app, ["doctor", *nowhere], env={variable: url})
    without_password = runner.invoke(app, ["doctor", *nowhere, option, harmless])
    assert (from_environment.stderr, without_password.stderr) == ("", "")


def test_protocol_check_names_the_pack() -> None:
    result = runner.invoke(app, ["protocol", "check"])
    assert result.exit_code == 0, result.output
    assert "REVIEW" in result.output


@pytest.mark.parametrize("command", [["check"], ["explain", "M2"], ["diff", "pe", "pe"]])
def test_protocol_commands_take_what_every_operation_takes(command: list[str], demo: DataDirectory) -> None:
    options = ["--data-dir", str(demo.path), "--database-url", "postgresql://synthetic@127.0.0.1:1"]
    result = runner.invoke(app, ["protocol", *command, *options])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", ["mine", "./mine"])
def test_protocol_commands_find_a_folder_of_the_working_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PACKS / "pe", tmp_path / "mine")
    rules = tmp_path / "mine" / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("due_hours: 24", "due_hours: 23", 1), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert runner.invoke(app, ["protocol", "check", "--pack", name]).exit_code == 0
    compared = runner.invoke(app, ["protocol", "diff", "pe", name])
    assert (compared.exit_code, compared.output.count("due_hours")) == (0, 1)


def test_pack_that_is_nowhere_is_named_as_it_was_given() -> None:
    missing = runner.invoke(app, ["protocol", "check", "--pack", "./nowhere"])
    assert isinstance(missing.exception, StartupError)
    assert "./nowhere" in str(missing.exception)


def test_protocol_explain_shows_law_confidence_and_review_mark() -> None:
    result = runner.invoke(app, ["protocol", "explain", "M2"])
    assert result.exit_code == 0, result.output
    for expected in ("DL 1297", "high", "REVIEW"):
        assert expected in result.output


def test_protocol_explain_of_an_unknown_rule_is_refused() -> None:
    assert runner.invoke(app, ["protocol", "explain", "Z99"]).exit_code == 2


def every_command(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from every_command(below, *path, name)


@pytest.mark.parametrize("path", list(every_command(get_command(app))), ids=" ".join)
def test_every_command_has_help_and_version(path: tuple[str, ...]) -> None:
    for option, expected in (("--version", f"unavez {VERSION}\n"), ("--help", "Usage: ")):
        result = runner.invoke(app, [*path, option])
        assert result.exit_code == 0, result.output
        assert expected in result.output


def test_a_variable_nobody_reads_is_one_line_without_its_value() -> None:
    result = runner.invoke(app, ["protocol", "check"], env={"UNAVEZ_PROT": "geheim"})
    assert result.exit_code == 0
    assert ("UNAVEZ_PROT no es un ajuste" in result.stderr, "UNAVEZ_PORT" in result.stderr) == (True, True)
    assert (result.stderr.count("\n"), "geheim" in result.output) == (1, False)


def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["unavez", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    return capfd.readouterr().err


@pytest.mark.parametrize("port", ["taken", "99999"])
def test_up_on_a_port_it_cannot_have_is_one_line_and_starts_nothing(
    port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("unavez_local.commands.up.configure", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1]) if port == "taken" else port
        line = refused(monkeypatch, capfd, "up", "--port", number, "--data-dir", str(tmp_path / "data"))
    assert (number in line, line.count("\n"), "Traceback" in line) == (True, 1, False)
    assert not (tmp_path / "data").exists()


def test_up_without_its_database_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("unavez_local.commands.up.configure", lambda _: None)
    monkeypatch.setenv("UNAVEZ_DATABASE_URL", f"postgresql://synthetic:geheim@127.0.0.1:{free_port()}")
    line = refused(monkeypatch, capfd, "up", "--port", str(free_port()), "--data-dir", str(tmp_path / "data"))
    assert "unavez_keys no responde" in line
    assert ("Traceback" in line, "geheim" in line) == (False, False)


@pytest.mark.parametrize("command", [("audit", "verify"), ("directory", "export"), ("parked", "list")], ids=" ".join)
def test_a_command_without_its_database_is_one_line(
    command: tuple[str, ...], demo: DataDirectory, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNAVEZ_DATABASE_URL", f"postgresql://synthetic:geheim@127.0.0.1:{free_port()}")
    line = refused(monkeypatch, capfd, *command, "--data-dir", str(demo.path))
    assert ("unavez_directory" in line, line.count("\n"), "geheim" in line) == (True, 1, False)


def test_no_token_of_the_local_issuer_where_another_one_is_set(
    demo: DataDirectory, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UNAVEZ_OIDC_ISSUER", "https://issuer.example")
    asked = ["--data-dir", str(demo.path), "--role", "agency", "--organization", str(ORGANIZATION)]
    assert "UNAVEZ_OIDC_ISSUER" in refused(monkeypatch, capfd, "token", *asked)
