"""The paths an outsider may rely on, the same in one process and in four."""

from __future__ import annotations

from uuid import uuid4

import pytest

from unavez_shared.contracts.actor import Role
from unavez_tests.world import World


@pytest.mark.parametrize("service", ["/intake", "/directory", "/router", "/notifier"])
@pytest.mark.parametrize("page", ["/health/live", "/health/ready", "/openapi.json", "/docs"])
def test_health_document_and_docs_need_no_token(world: World, service: str, page: str) -> None:
    assert world.get(f"{service}{page}").status_code == 200


def test_the_directory_answers_at_its_path_with_and_without_a_slash(world: World) -> None:
    with_slash, without = world.get("/directory/"), world.get("/directory")
    assert (with_slash.status_code, without.status_code) == (200, 200)
    assert with_slash.json() == without.json()
    assert with_slash.json()["version"].startswith("3.1")


def test_no_public_answer_of_the_directory_shows_a_shelter(world: World) -> None:
    terms = world.get("/directory/taxonomy_terms?per_page=1000").json()["contents"]
    found = {
        term["code"]: world.get(f"/directory/services?taxonomy_term_id={term['id']}").json()["total_items"]
        for term in terms
        if term["code"] in {"PRO-UPE", "HLT-CSMC"} or term["code"].startswith("SHL-")
    }
    assert found["PRO-UPE"] >= 25
    assert found["HLT-CSMC"] >= 25
    assert {code: count for code, count in found.items() if code.startswith("SHL-") and count} == {}


def test_what_needs_a_token_says_so_before_anything_else(world: World) -> None:
    broken = world.client.post(world.url("/intake/v1/intakes"), content=b"{", headers={"Content-Type": "text/plain"})
    assert broken.status_code == 401
    assert broken.headers["content-type"] == "application/problem+json"
    assert "www-authenticate" in broken.headers


def test_another_role_is_refused(world: World) -> None:
    agency = world.headers(Role.AGENCY, uuid4())
    assert world.post("/intake/v1/intakes", agency, {}).status_code == 403
