from __future__ import annotations

import math
import socket
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.services import Service
from unavez_shared.observability.exposition import exposed
from unavez_shared.observability.labels import ALLOWED, LabelNotAllowedError, is_allowed
from unavez_shared.observability.measures import HttpMeasures, InboxMeasures
from unavez_shared.observability.metrics import REGISTRY, Counter, Gauge, Histogram
from unavez_shared.observability.probe import Probe
from unavez_shared.settings import ServiceSettings
from unavez_shared.testing.ports import free_port


@pytest.mark.parametrize("label", ["service_type", "organization", "organization_id", "district", "case", "le", "host"])
@pytest.mark.parametrize("kind", [Counter, Gauge, Histogram])
def test_a_metric_with_a_label_outside_the_allow_list_cannot_be_made(kind: Any, label: str) -> None:
    with pytest.raises(LabelNotAllowedError):
        kind("unavez_test", "Not made.", ("service", label), registry=None)


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("service", "SHL-REFUGE"),
        ("service", "150101"),
        ("reason", "ValueError"),
        ("route", "/v1/intakes/0d9b3c1e-8f2a-4a51-9d4f-4f1f0a7a9b11"),
        ("route", "/v1/areas/150101"),
        ("route", "/services/JUS-FISTRAP"),
        ("status", "200"),
        ("method", "BREW"),
    ],
)
def test_a_value_outside_the_vocabulary_of_its_label_is_refused_and_not_repeated(label: str, value: str) -> None:
    counter = Counter("unavez_test_total", "Not shown.", (label,), registry=None)
    for given in ({label: value}, {}):
        with pytest.raises(LabelNotAllowedError) as refused:
            counter.labels(**given) if given else counter.labels(value)
        assert value not in str(refused.value)


def test_every_vocabulary_is_closed_and_its_values_are_accepted() -> None:
    for label, vocabulary in ALLOWED.items():
        values = vocabulary if isinstance(vocabulary, frozenset) else {"other", "/", "/v1/intakes/{intake_id}"}
        assert values
        assert all(is_allowed(label, value) for value in values), label
        assert not is_allowed(label, "PRO-UPE")


def test_a_name_that_is_not_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="unavez_"):
        Gauge("something", "Not made.", registry=None)


def test_what_a_stranger_sends_makes_no_series_of_its_own() -> None:
    measures = HttpMeasures(Service.DIRECTORY, ["/services/{service_id}", "/Bad/150101"])
    for number in range(50):
        measures.answered(f"M{number}", f"/services/{number}", 404, 0.001)
    measures.answered("GET", "/Bad/150101", 0, 0.001)
    shown = [line for line in generate_latest(REGISTRY).decode().splitlines() if 'service="directory"' in line]
    counted = [line for line in shown if line.startswith("unavez_http_requests_total")]
    assert sorted(counted) == [
        'unavez_http_requests_total{method="GET",route="other",service="directory",status="none"} 1.0',
        'unavez_http_requests_total{method="other",route="other",service="directory",status="4xx"} 50.0',
    ]


def test_no_series_tells_when_something_happened_for_the_first_time() -> None:
    InboxMeasures(Service.INTAKE)
    assert "_created" not in generate_latest(REGISTRY).decode()


def test_a_database_that_is_away_leaves_no_old_number() -> None:
    gauge = Gauge("unavez_test_rows", "Not shown.", registry=None)
    gauge.set(7)
    Probe("", {"rows": gauge}).forget()
    assert math.isnan(next(iter(gauge.collect())).samples[0].value)


def test_metrics_are_off_and_on_loopback_unless_somebody_says_otherwise() -> None:
    fields = ServiceSettings.model_fields
    assert fields["metrics_port"].default == 0
    assert fields["metrics_host"].default == "127.0.0.1"


def test_metrics_answer_while_they_are_exposed_and_not_afterwards() -> None:
    port = free_port()
    with exposed("127.0.0.1", port):
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
        assert answer.status_code == 200
        assert "process_resident_memory_bytes" in answer.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_a_taken_port_is_said_in_both_languages_with_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=r"métricas.*metrics.*UNAVEZ_METRICS_PORT"), exposed("127.0.0.1", port):
            pytest.fail("it was taken")
