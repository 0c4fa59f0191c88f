from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from unavez_tests.supply import bill as bills
from unavez_tests.supply.bill import BILL, check_bill, faults, make_bill
from unavez_tests.supply.licences import FITTING, REVIEWED, fits, objections
from unavez_tests.supply.tools import ROOT

LOCKED = {
    package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
}


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return make_bill(ROOT)


def _needed(name: str, seen: set[str]) -> set[str]:
    """Return `name` and what it needs to run, as the lock has it: an answer of our own to what uv exports."""
    if name not in seen:
        seen.add(name)
        for dependency in LOCKED[name].get("dependencies", []):
            _needed(dependency["name"], seen)
            for extra in dependency.get("extra", []):
                for further in LOCKED[dependency["name"]]["optional-dependencies"][extra]:
                    _needed(further["name"], seen)
    return seen


def test_the_bill_lists_every_locked_package_the_product_runs_with_and_no_tool(bill: dict[str, Any]) -> None:
    listed = {component["name"]: component["version"] for component in bill["components"]}
    assert listed == {name: LOCKED[name]["version"] for name in _needed("unavez", set()) - {"unavez"}}
    assert {"fastapi", "cryptography", "aio-pika", "unavez-intake"} <= listed.keys()
    assert not {"pytest", "ruff", "mypy", "cyclonedx-bom"} & listed.keys()


def test_the_bill_is_valid_cyclonedx(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert faults(bill) == []
    assert faults({**bill, "components": [{"name": "without a type"}]}) != []


def test_every_component_has_a_licence_that_fits(bill: dict[str, Any]) -> None:
    assert objections(bill) == []
    unlicensed = {component["name"] for component in bill["components"] if not component.get("licenses")}
    assert unlicensed <= REVIEWED.keys()
    assert set(REVIEWED) <= {component["name"] for component in bill["components"]}


@pytest.mark.parametrize(
    ("licences", "objected"),
    [
        ([{"license": {"id": "MIT"}}], False),
        ([{"expression": "MPL-2.0 AND (Apache-2.0 OR MIT)"}], False),
        ([{"expression": "GPL-2.0-or-later OR MIT"}], False),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], False),
        ([], True),
        ([{"license": {"id": "GPL-3.0-only"}}], True),
        ([{"license": {"id": "AGPL-3.0-or-later"}}], True),
        ([{"license": {"id": "LGPL-3.0-or-later"}}], True),
        ([{"expression": "MIT AND GPL-2.0-only"}], True),
        ([{"expression": "GPL-2.0-only WITH Classpath-exception-2.0"}], True),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "GPL-3.0-only"}}], True),
        ([{"license": {"name": "see the file LICENSE (all rights reserved)"}}], True),
        ([{"license": {"name": ""}}], True),
    ],
)
def test_a_licence_that_is_unknown_or_does_not_fit_is_objected_to(
    licences: list[dict[str, Any]], objected: bool
) -> None:
    component = {"name": "planted", "version": "1", "licenses": licences}
    assert bool(objections({"components": [component]})) is objected


def test_a_package_with_a_reason_is_not_objected_to() -> None:
    assert objections({"components": [{"name": name, "version": "1"} for name in REVIEWED]}) == []


def test_no_licence_of_the_gpl_family_fits() -> None:
    assert not [each for each in FITTING if "GPL" in each]
    assert not fits([])


def test_the_check_writes_the_bill_and_is_red_when_something_does_not_fit(
    bill: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for licence, green in (("MIT", True), ("GPL-3.0-only", False)):
        planted = copy.deepcopy(bill)
        planted["components"][0]["licenses"] = [{"license": {"id": licence}}]
        monkeypatch.setattr(bills, "make_bill", lambda _, planted=planted: planted)
        said: list[str] = []
        assert check_bill(tmp_path, said.append) is green
        assert json.loads((tmp_path / BILL).read_text(encoding="utf-8")) == planted
        assert any("GPL-3.0-only" in line for line in said) is not green
