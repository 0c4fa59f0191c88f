"""Born demo or real, for good; keys of a real one never inside."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from unavez_local.composition import create_keys
from unavez_local.data_directory import DataDirectory
from unavez_shared.contracts.errors import StartupError


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("UNAVEZ_KEK_FILE", "UNAVEZ_SEALING_KEYS_DIR", "UNAVEZ_AUDIT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_demo_stays_a_demo(tmp_path: Path) -> None:
    DataDirectory.open_or_create(tmp_path / "data", real=False)
    assert DataDirectory.open(tmp_path / "data").demo
    with pytest.raises(StartupError, match="demo"):
        DataDirectory.open_or_create(tmp_path / "data", real=True)


def test_a_real_one_stays_real_without_the_flag(tmp_path: Path) -> None:
    DataDirectory.open_or_create(tmp_path / "data", real=True)
    assert not DataDirectory.open_or_create(tmp_path / "data", real=False).demo


def test_keys_of_a_real_installation_stand_outside_its_data(tmp_path: Path) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=True)
    keys = data.keys()
    create_keys(keys)
    below = {path.name for path in data.path.rglob("*")}
    assert below == {"installation.json"}
    for path in (keys.kek_file, keys.issuer_file, keys.audit_key_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_below_real_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=True)
    monkeypatch.setenv("UNAVEZ_KEK_FILE", str(data.path / "kek.json"))
    with pytest.raises(StartupError, match="UNAVEZ_KEK_FILE"):
        data.keys()


def test_creating_keys_again_changes_none(tmp_path: Path) -> None:
    keys = DataDirectory.open_or_create(tmp_path / "data", real=False).keys()
    create_keys(keys)
    before = {path: path.read_bytes() for path in keys.kek_file.parent.rglob("*") if path.is_file()}
    create_keys(keys)
    assert before == {path: path.read_bytes() for path in keys.kek_file.parent.rglob("*") if path.is_file()}
    assert len(before) >= 4


def test_two_processes_cannot_hold_one_directory(tmp_path: Path) -> None:
    data = DataDirectory.open_or_create(tmp_path / "data", real=False)
    with data.locked(), pytest.raises(StartupError, match="Otro proceso"), data.locked():
        pytest.fail("the second lock was given")
    with data.locked():
        assert (data.path / "lock").exists()


def test_a_folder_that_is_no_installation_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="unavez up"):
        DataDirectory.open(tmp_path)
