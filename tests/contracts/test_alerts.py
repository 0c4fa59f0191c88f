"""The alert rules and what they stand on: real metrics, allowed labels, two languages, a page that says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from unavez_local.composition import build_services as _services_define_their_metrics
from unavez_shared.observability.labels import ALLOWED, is_allowed
from unavez_shared.observability.metrics import REGISTRY
from unavez_shared.observability.watch import Watch

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
PROMETHEUS_OWN = frozenset({"job", "instance", "le"})

assert _services_define_their_metrics
assert Watch


def our_metrics() -> Mapping[str, frozenset[str]]:
    """Return every series name a process can show, and the labels it has."""
    found: dict[str, frozenset[str]] = {"up": frozenset()}
    for collector in list(REGISTRY._collector_to_names):
        labels = frozenset(getattr(collector, "_labelnames", ()))
        for family in collector.collect():
            for suffix in {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""]):
                found[family.name + suffix] = labels
    return found


def by_name(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def grouped_by(expression: str) -> set[str]:
    return {
        label.strip()
        for labels in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", expression)
        for label in labels.split(",")
    }


def test_the_rule_file_has_the_shape_prometheus_reads() -> None:
    document = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    assert set(document) == {"groups"}
    assert len({group["name"] for group in document["groups"]}) == len(document["groups"])
    for group in document["groups"]:
        assert set(group) == {"name", "rules"}
    assert len({by_name(rule) for rule in RULES}) == len(RULES) > 15


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_alert_says_how_bad_it_is_in_two_languages_and_which_page_helps(rule: dict[str, Any]) -> None:
    assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    assert set(rule["labels"]) == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    notes = rule["annotations"]
    assert set(notes) == {"summary_es", "summary_en", "runbook_url"}
    assert len(notes["summary_es"]) > 10
    assert len(notes["summary_en"]) > 10
    assert notes["summary_es"] != notes["summary_en"]
    assert re.fullmatch(r"docs/runbooks/[a-z-]+\.md", notes["runbook_url"])
    assert (ROOT / notes["runbook_url"]).is_file()
    for used in re.findall(r"\$labels\.(\w+)", notes["summary_es"] + notes["summary_en"]):
        assert used in grouped_by(rule["expr"]) or used == "instance", used


@pytest.mark.parametrize("rule", RULES, ids=by_name)
def test_an_alert_asks_for_metrics_that_exist_by_labels_that_are_allowed(rule: dict[str, Any]) -> None:
    metrics = our_metrics()
    asked = selectors(rule["expr"])
    assert asked
    for selector in asked:
        assert selector.name in metrics, selector.name
        for matcher in selector.matchers.matchers:
            assert matcher.name in metrics[selector.name] | PROMETHEUS_OWN, (selector.name, matcher.name)
            if matcher.name in ALLOWED and matcher.name != "route":
                assert all(is_allowed(matcher.name, value) for value in matcher.value.split("|")), matcher.value
    known = {label for selector in asked for label in metrics[str(selector.name)]} | PROMETHEUS_OWN
    assert grouped_by(rule["expr"]) <= known & {*ALLOWED, *PROMETHEUS_OWN}


def test_the_page_explains_every_alert_and_no_other() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(Unavez\w+)` \| (\w+) \|", page, re.MULTILINE)
    assert sorted(explained) == sorted((by_name(rule), rule["labels"]["severity"]) for rule in RULES)
    for rule in RULES:
        line = next(line for line in page.splitlines() if line.startswith(f"| `{by_name(rule)}` |"))
        assert f"({rule['annotations']['runbook_url'].removeprefix('docs/')})" in line


def test_the_sample_configuration_keeps_the_allowed_labels_and_no_other() -> None:
    sample = yaml.safe_load((ALERTS.parent / "prometheus.yml").read_text(encoding="utf-8"))
    (scrape,) = sample["scrape_configs"]
    (relabel,) = scrape["metric_relabel_configs"]
    assert relabel["action"] == "labelkeep"
    assert set(relabel["regex"].split("|")) == {"__name__", *PROMETHEUS_OWN, *ALLOWED}
    assert sample["rule_files"] == [ALERTS.name]


def test_every_metric_has_labels_of_the_allow_list_and_says_what_it_is() -> None:
    ours = [collector for collector in REGISTRY._collector_to_names if hasattr(collector, "_labelnames")]
    assert len(ours) > 25
    for metric in ours:
        assert set(metric._labelnames) <= set(ALLOWED), metric
        assert len(metric._documentation) > 20, metric
