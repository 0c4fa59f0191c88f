"""What each OpenAPI document must say: read by people, by generators and by linters."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from unavez_local.composition import PACKAGES

ROOT = Path(__file__).parents[2]
SERVICES = sorted(service.value for service in PACKAGES)
METHODS = {"get", "post", "put", "patch", "delete"}


def _document(service: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "services" / service / "openapi.json").read_text(encoding="utf-8"))
    return found


def _operations(service: str) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, operations in _document(service)["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def test_every_operation_has_a_short_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for service in SERVICES
        for label, operation in _operations(service).items()
        if "/health/" not in label
    ]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+){0,5}", name) or len(name) > 32] == []
    assert {"post_intake", "get_packet", "search_services", "post_transition"} <= set(names)


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_says_what_it_is_about_and_so_does_each_group(service: str) -> None:
    document = _document(service)
    assert {"title", "version", "description", "contact", "license"} <= set(document["info"])
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for operation in _operations(service).values() for tag in operation["tags"]} == described
    assert [label for label, operation in _operations(service).items() if not operation["description"]] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_whether_it_needs_a_token(service: str) -> None:
    for label, operation in _operations(service).items():
        assert operation["security"] == ([{"bearer": []}] if "x-roles" in operation else []), label
