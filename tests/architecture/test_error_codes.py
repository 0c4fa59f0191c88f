"""docs/errors.md has every code an answer may carry, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from unavez_local.error_page import error_page
from unavez_notifier.channels.webhook.addresses import check_endpoint
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.fault_codes import FAULT_CODES
from unavez_shared.web import faults, problems
from unavez_shared.web.problem_codes import PROBLEM_CODES

ROOT = Path(__file__).parents[2]
SOURCES = [path for part in ("services", "shared/src", "deploy/local/src") for path in (ROOT / part).rglob("*.py")]
CODE_ARGUMENT = {"Fault": 1, "PydanticCustomError": 0, "_unknown": 3, "problem_body": 1, "_refusal": 1}
GATEWAYS_OWN = {"address_too_long"}


def _written(*functions: str) -> set[str]:
    """Return the codes the sources give to one of these functions."""
    return {code for path in SOURCES if "tests" not in path.parts for code in _codes(path, functions)}


def _codes(path: Path, functions: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            argument = node.args[CODE_ARGUMENT[node.func.id] :][:1]
            for part in (one for each in argument for one in ast.walk(each)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_every_code_at_a_pointer_is_explained_and_every_explained_code_can_happen() -> None:
    kinds = {*faults._CODES, "uuid_parsing", "date_parsing", "int_type", "value_error"}
    named_by_endpoints = {code for code in FAULT_CODES if f"`{code}`" in (check_endpoint.__doc__ or "")}
    assert len(named_by_endpoints) == 3
    possible = _written("Fault", "PydanticCustomError", "_unknown") | set(map(faults._code, kinds)) | named_by_endpoints
    assert possible == set(FAULT_CODES)
    assert list(FAULT_CODES) == sorted(FAULT_CODES)


def test_every_problem_has_its_status_and_what_to_do() -> None:
    mapped = {kind.code: status for kind, status in problems._STATUS.items() if status != 409}
    written = _written("problem_body", "_refusal") | GATEWAYS_OWN | {"method_not_allowed", "bad_request"}
    assert mapped.keys() | written == PROBLEM_CODES.keys()
    assert {code: PROBLEM_CODES[code][0] for code in mapped} == mapped
    assert {status for status, _, _ in PROBLEM_CODES.values()} | {409} == set(problems.TITLES)


def test_every_explanation_is_in_both_languages() -> None:
    pairs = [*FAULT_CODES.values(), *((spanish, english) for _, spanish, english in PROBLEM_CODES.values())]
    for spanish, english in pairs:
        assert spanish != english
        assert spanish.endswith(".")
        assert english.endswith(".")


def test_the_page_is_fresh_and_names_every_code() -> None:
    page = error_page()
    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == page, "run `make openapi`"
    for code in [*FAULT_CODES, *PROBLEM_CODES, *Conflict]:
        assert f"| `{code}` |" in page


def test_where_declined_and_rejected_both_stand_it_is_said_which_is_the_event_and_which_the_state() -> None:
    for place, said in (
        ("services/referral-router/openapi.json", "`rejected`: the agency declined it"),
        ("services/notifier/openapi.json", "the referral's state is `rejected` since"),
        ("docs/events.md", "`referral.declined` carries `status: rejected`"),
        ("docs/glossary.md", "| declined → rejected |"),
    ):
        assert said in (ROOT / place).read_text(encoding="utf-8"), place
