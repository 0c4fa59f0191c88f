"""What each OpenAPI document must say: read by people, by generators and by linters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from unavez_local.composition import PACKAGES
from unavez_notifier.api.event_schemas import SCHEMAS
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.normalise_places import EXACT, LISTED, SINGLE

ROOT = Path(__file__).parents[2]
SERVICES = sorted(service.value for service in PACKAGES)
FORMATS = FormatChecker()
HSDS: Registry[Any] = Registry().with_resource(
    "hsds.json",
    Resource.from_contents(json.loads((ROOT / "services/directory/hsds.json").read_text(encoding="utf-8"))),
)
SIGNED = ["webhook-id", "webhook-timestamp", "webhook-signature"]
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
    names = [operation["operationId"] for service in SERVICES for operation in _operations(service).values()]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+){0,5}", name) or len(name) > 32] == []
    assert {"post_intake", "get_packet", "search_services", "post_transition", "router_ready"} <= set(names)


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_says_what_it_is_about_and_so_does_each_group(service: str) -> None:
    document = _document(service)
    assert {"title", "version", "description", "contact", "license"} <= set(document["info"])
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    webhooks = [methods["post"] for methods in document.get("webhooks", {}).values()]
    operations = [*_operations(service).values(), *webhooks]
    assert {tag for operation in operations for tag in operation["tags"]} == described
    assert [label for label, operation in _operations(service).items() if not operation["description"]] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_whether_it_needs_a_token(service: str) -> None:
    for label, operation in _operations(service).items():
        assert operation["security"] == ([{"bearer": []}] if "x-roles" in operation else []), label


def _nodes(owner: Any) -> Iterator[dict[str, Any]]:
    if isinstance(owner, dict):
        yield owner
        for part in owner.values():
            yield from _nodes(part)
    elif isinstance(owner, list):
        for part in owner:
            yield from _nodes(part)


@pytest.mark.parametrize("service", SERVICES)
def test_every_property_and_every_parameter_is_described(service: str) -> None:
    document = _document(service)
    bare = [
        f"{name}.{word}"
        for name, schema in document["components"]["schemas"].items()
        for node in _nodes(schema)
        for word, part in node.get("properties", {}).items()
        if len(part.get("description", "")) < 3
    ]
    bare += [
        f"{label} ?{parameter['name']}"
        for label, operation in _operations(service).items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_request_names_no_null_that_only_means_absent(service: str) -> None:
    schemas = _document(service)["components"]["schemas"]
    asked = [schemas[name] for name in schemas if name.endswith(("Body", "Query"))]
    assert [node for node in _nodes(asked) if node.get("type") == "null" or "null" in (node.get("type") or [])] == []
    patch = [node for name in schemas if name.endswith("Patch") for node in _nodes(schemas[name])]
    assert service != "notifier" or any(node.get("type") == ["array", "null"] for node in patch)


def test_facts_places_and_codes_are_those_of_the_protocol() -> None:
    pack = load_pack("pe")
    for service, body in (("intake", "IntakeBody"), ("referral-router", "PreviewBody")):
        schemas = _document(service)["components"]["schemas"]
        for name in ("facts", "places"):
            assert schemas[body]["properties"][name]["$ref"] == f"#/components/schemas/{name.capitalize()}"
        assert set(schemas["Facts"]["properties"]) == set(pack.facts)
        assert schemas["Facts"]["properties"]["danger"]["enum"] == list(pack.facts["danger"].values)
        assert schemas["Facts"]["properties"]["age"]["maximum"] == pack.facts["age"].maximum
        assert set(schemas["Places"]["properties"]) == {*SINGLE, *LISTED, EXACT}
        assert schemas["ServiceType"]["enum"] == sorted(pack.services)


def test_an_intake_that_is_right_fits_its_schema() -> None:
    document = _document("intake")
    schema = {"$ref": "#/components/schemas/IntakeBody", "components": document["components"]}
    sample = json.loads((ROOT / "deploy/local/src/unavez_local/sample_intake.json").read_text(encoding="utf-8"))
    sample["identity"].pop("document")
    sample["places"]["exploitation"] = [sample["places"]["exploitation"]]
    Draft202012Validator(schema).validate(sample)
    sample["facts"]["danger"] = "some"
    assert not Draft202012Validator(schema).is_valid(sample)


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    _, _, group, name = node.get("$ref", "///").split("/")
    found: dict[str, Any] = document["components"][group][name] if name else node
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_and_every_problem_has_an_example_that_fits(service: str) -> None:
    document = _document(service)
    for label, operation in _operations(service).items():
        answers = {status: _resolved(document, answer) for status, answer in operation["responses"].items()}
        bodies = [operation.get("requestBody", {}), *answers.values()]
        for kind, media in [entry for body in bodies for entry in body.get("content", {}).items()]:
            if not kind.endswith("json"):
                continue
            schema = {**media["schema"], "components": document["components"]}
            assert media["examples"], label
            for name, example in media["examples"].items():
                validator = Draft202012Validator(schema, registry=HSDS, format_checker=FORMATS)
                faults = validator.iter_errors(example["value"])
                assert [f"{name}{fault.json_path}: {fault.message}" for fault in faults] == [], label
        assert all(answers[status]["description"] for status in answers)


def test_headers_and_what_is_gone_or_away_are_documented() -> None:
    intake = _operations("intake")
    posted = intake["POST /v1/intakes"]["responses"]
    for status in ("200", "201"):
        assert "Location" in posted[status]["headers"]
        kinds = posted[status]["content"]["application/json"]["schema"]["oneOf"]
        assert [kind["$ref"].rpartition("/")[2] for kind in kinds] == ["IntakeRegistered", "ReportReceived"]
    assert "ETag" in intake["GET /v1/intakes/{intake_id}"]["responses"]["200"]["headers"]
    assert "application/problem+json" in intake["GET /v1/packets/{referral_id}"]["responses"]["410"]["content"]
    assert (
        "Retry-After" in _operations("referral-router")["GET /v1/cases/{case_id}/plan"]["responses"]["404"]["headers"]
    )
    shared = _document("intake")["components"]["responses"]
    assert {"429", "503"} == {name[-3:] for name in shared if "Retry-After" in shared[name].get("headers", {})}
    for service in SERVICES:
        without = [label for label, one in _operations(service).items() if "503" not in one["responses"]]
        assert without == ["GET /health/live"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_has_its_component_and_every_component_a_reference(service: str) -> None:
    document = _document(service)
    used = {node["$ref"] for node in _nodes(document) if isinstance(node.get("$ref"), str)}
    inside = {reference for reference in used if reference.startswith("#")}
    groups = ("headers", "responses", "schemas")
    assert inside == {f"#/components/{group}/{name}" for group in groups for name in document["components"][group]}
    assert all(reference.startswith("hsds.json#/$defs/Hsds") for reference in used - inside)
    assert (service == "directory") is bool(used - inside)


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_says_that_it_has_a_request_id(service: str) -> None:
    document = _document(service)
    for label, operation in _operations(service).items():
        for status, answer in operation["responses"].items():
            headers = _resolved(document, answer)["headers"]
            assert headers["X-Request-Id"] == {"$ref": "#/components/headers/X-Request-Id"}, f"{label} {status}"


@pytest.mark.parametrize("path", [*(f"services/{service}/openapi.json" for service in SERVICES), "docs/openapi.json"])
def test_what_may_be_null_is_no_choice_between_a_type_and_null(path: str) -> None:
    nodes = [*_nodes(json.loads((ROOT / path).read_text(encoding="utf-8")))]
    assert [node for node in nodes if node.get("type") == "null"] == []
    assert [node for node in nodes if "default" in node and node["default"] in ([], {})] == []


def test_a_nullable_reference_has_all_that_the_plain_one_has_and_null() -> None:
    schemas = _document("referral-router")["components"]["schemas"]
    assert schemas["PlannedRowAnswer"]["properties"]["referral_status"]["$ref"].endswith("/ReferralStatusOrNull")
    assert schemas["ReferralStatusOrNull"]["enum"] == [*schemas["ReferralStatus"]["enum"], None]
    assert schemas["NoticeOrNull"]["type"] == ["object", "null"]
    assert schemas["NoticeOrNull"]["properties"] == schemas["Notice"]["properties"]


def test_each_event_that_leaves_is_a_webhook_whose_example_fits() -> None:
    document = _document("notifier")
    assert len(document["webhooks"]) == len(SCHEMAS)
    names = set()
    for label, methods in document["webhooks"].items():
        operation = methods["post"]
        names.add(operation["operationId"])
        assert [header["name"] for header in operation["parameters"]] == SIGNED
        media = operation["requestBody"]["content"]["application/cloudevents+json"]
        event = media["examples"]["event"]["value"]
        assert label.removesuffix(".team") == event["type"].removeprefix("pe.unavez.").removesuffix(".v1")
        schema = {**media["schema"], "components": document["components"]}
        Draft202012Validator(schema, format_checker=FORMATS).validate(event)
        del event["data"]["demo"]
        assert not Draft202012Validator(schema).is_valid(event)
    assert {"on_referral_offered", "on_referral_declined_team"} < names
