"""What an operator types."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from typer.testing import CliRunner

from unavez_local.cli import app
from unavez_local.composition import create_keys
from unavez_local.data_directory import DataDirectory
from unavez_shared.contracts.errors import StartupError
from unavez_shared.protocol.loader import PACKS

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
