"""The merged document says what the four say, and HSDS stands in a file of its own under its own licence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from unavez_local.composition import PACKAGES
from unavez_local.hsds_document import SOURCE, hsds_document
from unavez_local.merged_document import merged
from unavez_shared.contracts.services import Service

ROOT = Path(__file__).parents[2]


def _documents() -> dict[Service, dict[str, Any]]:
    return {
        service: json.loads((ROOT / "services" / service.value / "openapi.json").read_text(encoding="utf-8"))
        for service in PACKAGES
    }


def test_the_merged_document_is_fresh() -> None:
    assert (ROOT / "docs/openapi.json").read_bytes() == merged(_documents()), "run `make openapi`"


def test_the_merged_document_has_every_operation_of_the_four_at_its_path_behind_the_gateway() -> None:
    whole = json.loads(merged(_documents()))
    for service, document in _documents().items():
        for path, methods in document["paths"].items():
            assert whole["paths"][(service.path + path).rstrip("/")].keys() == methods.keys()
    assert whole["webhooks"].keys() == _documents()[Service.NOTIFIER]["webhooks"].keys()
    assert "/directory" in whole["paths"]


def test_one_name_for_two_things_is_refused() -> None:
    documents = _documents()
    documents[Service.INTAKE]["components"]["schemas"]["Place"] = {"type": "string"}
    with pytest.raises(ValueError, match="Place"):
        merged(documents)
    documents = _documents()
    documents[Service.INTAKE]["paths"]["/health/live"]["get"]["operationId"] = "get_plan"
    with pytest.raises(ValueError, match="operationId"):
        merged(documents)


def test_the_file_of_hsds_is_fresh_beside_the_document_and_where_it_is_served_from() -> None:
    made = hsds_document(ROOT / SOURCE)
    for folder in ("services/directory", "services/directory/src/unavez_directory/api"):
        assert (ROOT / folder / "hsds.json").read_bytes() == made, "run `make openapi`"


def test_the_file_of_hsds_names_source_changes_and_licence_and_is_whole() -> None:
    document = json.loads(hsds_document(ROOT / SOURCE))
    notice = document["$comment"]
    assert all(part in notice for part in ("Open Referral", "CC BY-SA 4.0", "creativecommons.org", "Adapted from"))
    Draft202012Validator.check_schema(document)
    source = json.loads((ROOT / SOURCE / "service.json").read_text(encoding="utf-8"))
    made = document["$defs"]["HsdsService"]
    assert made["properties"].keys() == source["properties"].keys()
    assert (made["required"], made["properties"]["status"]["enum"]) == (
        source["required"],
        source["properties"]["status"]["enum"],
    )
    assert made["properties"]["phones"]["items"] == {"$ref": "#/$defs/HsdsPhone"}


def test_the_merged_document_refers_to_the_file_of_hsds_and_copies_nothing_of_it() -> None:
    text = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
    definitions = json.loads(hsds_document(ROOT / SOURCE))["$defs"]
    assert "../services/directory/hsds.json#/$defs/HsdsService" in text
    assert [one["description"] for one in definitions.values() if one["description"] in text] == []
