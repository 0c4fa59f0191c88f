"""The five synthetic acceptance cases, exactly."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from unavez_shared.protocol import Evaluation, evaluate, load_pack, normalise

CASES = json.loads((Path(__file__).parents[4] / "tests/data/vignettes.json").read_text(encoding="utf-8"))["vignettes"]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])


def evaluated(case: dict[str, Any]) -> Evaluation:
    return evaluate(load_pack("pe"), normalise(case["facts"], case["places"]))


@each_case
def test_case_requires_exactly_the_expected_services(case: dict[str, Any]) -> None:
    given = [
        {
            "service": row.service_type,
            "jurisdiction": row.jurisdiction,
            "basis": row.basis.value,
            "due_h": row.due_hours,
            "rules": list(row.rule_ids),
        }
        for row in evaluated(case).rows
    ]

    def by_service(row: dict[str, Any]) -> tuple[str, str]:
        return row["service"], row["jurisdiction"]

    assert sorted(given, key=by_service) == sorted(case["expected_referrals"], key=by_service)
    assert {row["service"] for row in given}.isdisjoint(case["not_expected"])


@each_case
def test_case_gives_exactly_the_expected_tasks_constraints_and_suppressions(case: dict[str, Any]) -> None:
    evaluation = evaluated(case)
    codes = [task.code for task in evaluation.tasks] + [constraint.code for constraint in evaluation.constraints]
    assert sorted(codes) == sorted(case["expected_tasks_and_constraints"])
    assert sorted(row.service_type for row in evaluation.suppressed) == sorted(case["expected_suppressed"])


@each_case
def test_case_never_grants_a_forbidden_category(case: dict[str, Any]) -> None:
    categories = load_pack("pe").categories
    for row in evaluated(case).rows:
        granted = {category for rule in row.rules for category in rule.categories}
        for ban in case["never_shares"]:
            if fnmatch(row.service_type, ban["to"]):
                assert granted.isdisjoint(code for code in ban["categories"] if code in categories)


def test_the_man_in_puno_is_for_the_prosecutor_of_madre_de_dios() -> None:
    case = next(case for case in CASES if case["id"] == "V03")
    places = {row.service_type: row.place for row in evaluated(case).rows}
    assert places["JUS-FISTRAP"] == "170204"
    assert places["PRO-UDAVIT"] == "211101"
    assert places["SHL-ALT"] is None
