"""Secrets are made at run time: a file with one in it would be found by the scan it tests."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from unavez_tests.supply.leaks import BASELINE, check_secrets, committed, find_leaks
from unavez_tests.supply.tools import ROOT


def _pem() -> str:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


URL_SAFE = str.maketrans("+/", "-_", "=")


def _synthetic(purpose: str) -> str:
    """Return 32 bytes that look like chance and are the same each time: what is measured is measured once."""
    return base64.b64encode(hashlib.sha256(purpose.encode()).digest()).decode()


PLANTED: dict[str, Callable[[str], str]] = {
    "a key-encryption key": 'KEK = "{}"\n'.format,
    "a webhook secret": 'SIGNING = "whsec_{}"\n'.format,
    "the private half of the issuer": '{{"kty": "OKP", "d": "{}"}}\n'.format,
    "a password of the database": "POSTGRES_PASSWORD: {}\n".format,
    "a connection with its credentials": "postgresql://unavez:{}@db.example/unavez\n".format,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A working copy of git of its own, with our baseline."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    shutil.copy(ROOT / BASELINE, tmp_path / BASELINE)
    (tmp_path / "innocent.py").write_text('"""Nothing to see."""\n')
    (tmp_path / ".gitignore").write_text("ignored.env\n")
    return tmp_path


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_secret_is_found_and_its_value_is_not_said(planted: str, tree: Path) -> None:
    value, said = _synthetic(planted).translate(URL_SAFE), list[str]()
    (tree / "settings.py").write_text(PLANTED[planted](value))
    assert not check_secrets(tree, said.append)
    assert said[0].startswith("settings.py:1: ")
    assert value[:8] not in "".join(said)


def test_a_private_key_is_found(tree: Path) -> None:
    (tree / "key.pem").write_text(_pem())
    assert [leak.path for leak in find_leaks(tree, committed(tree))] == ["key.pem"]


def test_a_file_that_is_not_yet_added_is_looked_at_and_an_ignored_one_is_not(tree: Path) -> None:
    password = f"PASSWORD={_synthetic('a password')}\n"
    (tree / "added.env").write_text(password)
    subprocess.run(["git", "add", "added.env"], cwd=tree, check=True)
    (tree / "new.env").write_text(password)
    (tree / "ignored.env").write_text(password)
    assert {leak.path for leak in find_leaks(tree, committed(tree))} == {"added.env", "new.env"}


def test_a_tree_without_secrets_is_green(tree: Path) -> None:
    said: list[str] = []
    assert check_secrets(tree, said.append)
    assert len(said) == 1


def test_an_entry_of_the_baseline_is_passed_over_only_once_a_person_has_looked_at_it(tree: Path) -> None:
    (tree / "settings.py").write_text(PLANTED["a key-encryption key"](_synthetic("a key")))
    command = [ROOT / ".venv" / "bin" / "detect-secrets", "scan", "--no-verify", "--all-files"]
    scanned = json.loads(subprocess.run(command, cwd=tree, check=True, capture_output=True).stdout)
    for looked_at, leaks in ((None, 1), (True, 1), (False, 0)):
        for entry in scanned["results"]["settings.py"]:
            entry["is_secret"] = looked_at
        (tree / BASELINE).write_text(json.dumps(scanned))
        assert len(find_leaks(tree, committed(tree))) == leaks
    # The same text in another file is another finding; on another line it is the same.
    (tree / "settings.py").write_text("\n\n" + (tree / "settings.py").read_text())
    assert find_leaks(tree, committed(tree)) == []
    (tree / "settings.py").rename(tree / "elsewhere.py")
    assert len(find_leaks(tree, committed(tree))) == 1


def test_our_baseline_was_looked_at_and_sends_nothing_anywhere() -> None:
    baseline = json.loads((ROOT / BASELINE).read_text(encoding="utf-8"))
    entries = [entry for found in baseline["results"].values() for entry in found]
    assert entries
    assert all(entry["is_secret"] is False for entry in entries)
    assert not [each for each in baseline["filters_used"] if "verification" in each["path"]]
    limits = {each["name"]: each.get("limit") for each in baseline["plugins_used"]}
    assert len(limits) > 20
    assert limits["Base64HighEntropyString"] <= 4.3  # at 4.5 one key of 32 bytes in twenty looks too regular
