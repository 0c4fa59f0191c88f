from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from unavez_directory.operations import read_bundle
from unavez_shared.contracts.errors import Fault, InvalidInputError


def test_a_folder_of_files_is_one_bundle(small_bundle: dict[str, Any], tmp_path: Path) -> None:
    places = {name: [] if name == "services" else small_bundle[name] for name in small_bundle}
    help_there = {name: small_bundle[name] for name in ("schema", "fictional", "services")}
    (tmp_path / "1-places.json").write_bytes(orjson.dumps(places))
    (tmp_path / "2-services.json").write_bytes(orjson.dumps(help_there))
    assert read_bundle(tmp_path) == small_bundle


def test_real_and_fictional_files_are_not_mixed(small_bundle: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(orjson.dumps(small_bundle))
    (tmp_path / "2.json").write_bytes(orjson.dumps(small_bundle | {"fictional": False}))
    with pytest.raises(InvalidInputError) as caught:
        read_bundle(tmp_path)
    assert caught.value.faults == (Fault("/fictional", "fictional_mismatch"),)
