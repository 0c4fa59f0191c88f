"""schemathesis on every OpenAPI document, against the whole product: no 500, nothing undocumented."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from unavez_shared.contracts.actor import Role
from unavez_shared.testing.rabbitmq import free_port
from unavez_tests.world import World, start_one_process

ORGANIZATION = UUID("00000000-0000-4000-8000-00000000f0f0")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = start_one_process(tmp_path_factory.mktemp("fuzzed") / "data", free_port())
    yield world
    assert world.stop() == [0]


@pytest.mark.parametrize("path", ["/intake", "/directory", "/router", "/notifier"])
def test_no_request_the_document_allows_or_forbids_breaks_the_service(product: World, path: str) -> None:
    base = product.bases[path]
    schema = schemathesis.openapi.from_url(f"{base}{path}/openapi.json")
    tokens = {role: product.headers(role, ORGANIZATION) for role in Role}
    for result in schema.get_all_operations():
        operation = result.ok()
        _fuzz(operation, tokens)


def _fuzz(operation: schemathesis.APIOperation, tokens: dict[Role, dict[str, str]]) -> None:
    @hypothesis.given(case=operation.as_strategy(), role=hypothesis.strategies.sampled_from(list(Role)))
    @hypothesis.settings(
        # An unknown packet is waited for by contract, 3 s each, on paper as well; what is asked of it is not looked at.
        max_examples=2 if "/packets/" in operation.path or operation.path.endswith("/sheet") else 20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    def every_answer_is_one_we_documented(case: schemathesis.Case, role: Role) -> None:
        _do_not_wait(case)
        response = case.call(headers=tokens[role], timeout=20)
        case.validate_response(response, checks=[not_a_server_error, status_code_conformance, content_type_conformance])

    every_answer_is_one_we_documented()


def _do_not_wait(case: schemathesis.Case) -> None:
    """Long polls answer late by contract: ask them for a tenth of a second."""
    wait = case.query.get("wait") if case.query else None
    if isinstance(wait, int | float) and wait > 0:
        case.query["wait"] = 0.1
