"""Each service on one page: what it owns and never owns, its events, its settings, what happens when it fails."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from unavez_local.composition import PACKAGES
from unavez_shared.contracts.events import CATALOGUE, consumed_by
from unavez_shared.contracts.services import Service
from unavez_shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]


def readme(service: Service) -> str:
    return (ROOT / "services" / service.value / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("service", PACKAGES)
@pytest.mark.parametrize("part", ["owns", "never owns", "## Events", "## Settings", "## When something fails"])
def test_every_readme_has_the_part(service: Service, part: str) -> None:
    assert re.search(rf"(?im)(^|\W){re.escape(part)}\W", readme(service)), part


@pytest.mark.parametrize("service", PACKAGES)
def test_every_readme_names_the_families_of_events_it_says_and_hears(service: Service) -> None:
    told = readme(service)
    events = consumed_by(service) | {event for event in CATALOGUE.values() if event.producer is service}
    assert {name for name in {event.name.split(".")[0] for event in events} if f"`{name}." not in told} == set()


@pytest.mark.parametrize(("service", "package"), PACKAGES.items())
def test_every_readme_names_the_services_own_settings(service: Service, package: str) -> None:
    settings = importlib.import_module(f"{package}.settings").Settings
    own = {name.upper() for name in settings.model_fields.keys() - ServiceSettings.model_fields.keys()}
    assert {name for name in own if name not in readme(service)} == set()
