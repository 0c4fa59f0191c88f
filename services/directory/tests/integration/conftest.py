"""The HSDS schemas as validators, resolved from the vendored files and never from the network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_SCHEMAS = Path(__file__).parents[4] / "shared" / "vendor" / "hsds" / "schema"
_BASE = "https://hsds.invalid/schema/"
_PUBLISHED = "https://raw.githubusercontent.com/openreferral/specification/3.0/schema/"


@pytest.fixture(scope="session")
def hsds() -> Callable[[str], Validator]:
    """Return a validator for one schema file, such as `service.json`, formats asserted."""
    resources = {
        path.relative_to(_SCHEMAS).as_posix(): Resource.from_contents(
            json.loads(path.read_text(encoding="utf-8")), default_specification=DRAFT202012
        )
        for path in _SCHEMAS.rglob("*.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (base + name, resource) for base in (_BASE, _PUBLISHED) for name, resource in resources.items()
    )

    def validator(name: str) -> Validator:
        return Draft202012Validator({"$ref": _BASE + name}, registry=registry, format_checker=FormatChecker())

    return validator
