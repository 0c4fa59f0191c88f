"""The guard that reads `/metrics` is itself tried: each planted leak is found, and a clean page is clean."""

from __future__ import annotations

from importlib import import_module

import pytest

from unavez_directory.operations import demo_bundle
from unavez_local.composition import PACKAGES
from unavez_shared.observability.labels import OTHER, is_allowed
from unavez_shared.protocol.places import departments
from unavez_shared.web.guard import route_templates
from unavez_tests.metrics_guard import violations

PAGE = """# HELP unavez_http_requests_total HTTP requests answered.
# TYPE unavez_http_requests_total counter
unavez_http_requests_total{{{labels}}} 1.0
"""
CLEAN = 'service="intake",method="GET",route="/v1/intakes/{intake_id}",status="2xx"'


def test_a_clean_page_has_no_violation() -> None:
    assert violations(PAGE.format(labels=CLEAN)) == []


@pytest.mark.parametrize(
    "leak",
    [
        CLEAN.replace("{intake_id}", "0d9b3c1e-8f2a-4a51-9d4f-4f1f0a7a9b11"),
        CLEAN.replace("intakes", "SHL-REFUGE"),
        CLEAN + ',place="150101"',
        CLEAN + f',place="{departments()["15"]}"',
        CLEAN + ',service_type="other"',
        CLEAN + f',organization="{demo_bundle()["organizations"][0]["id"]}"',
        CLEAN.replace("2xx", "200"),
        CLEAN.replace("/v1/intakes/{intake_id}", "/v1/areas/150101"),
    ],
)
def test_each_planted_leak_is_found(leak: str) -> None:
    assert violations(PAGE.format(labels=leak)) != []


def test_an_id_of_the_run_and_a_metric_of_somebody_else_are_found() -> None:
    assert violations(PAGE.format(labels=CLEAN).replace("answered", "K7M3-9QXD"), ["K7M3-9QXD"]) != []
    assert violations(PAGE.format(labels=CLEAN).replace("unavez_", "python_")) != []


@pytest.mark.parametrize("package", PACKAGES.values())
def test_every_route_of_a_service_has_a_name_of_its_own_in_metrics(package: str) -> None:
    templates = route_templates(import_module(f"{package}.app").create_document_app())
    assert len(templates) > 5
    assert [template for template in templates if not is_allowed("route", template) or template == OTHER] == []
