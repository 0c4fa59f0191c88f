"""Reads a real `/metrics` and says what on it should never be there (SAFETY N9)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from unavez_directory.operations import demo_bundle
from unavez_shared.observability.labels import is_allowed
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.places import departments, districts, provinces

_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_CODE = re.compile(r"\b[A-Z]{3}-[A-Z]")
_OURS_AND_THE_PROCESS = ("unavez_", "process_")


def violations(exposition: str, secret: Collection[str] = ()) -> list[str]:
    """Return one line for each breach; `secret` are ids of the run (case, organizations) that must stand nowhere."""
    found = [f"an id of the run: {text}" for text in secret if text in exposition]
    found += [f"a UUID: {match}" for match in _UUID.findall(exposition)]
    found += [f"a service code: {match}" for match in _CODE.findall(exposition)]
    found += [f"a service code: {code}" for code in load_pack("pe").services if code in exposition]
    for family in text_string_to_metric_families(exposition):
        if not family.name.startswith(_OURS_AND_THE_PROCESS):
            found.append(f"a metric that is not ours: {family.name}")
        for sample in family.samples:
            found += [f"{sample.name}: {breach}" for breach in _breaches(sample.labels)]
    return found


def _breaches(labels: dict[str, str]) -> Iterator[str]:
    for name, value in labels.items():
        if name == "le":
            float(value)
            continue
        if not is_allowed(name, value):
            yield f"label {name}={value} is not in the allow-list"
        # Not trusting the allow-list: whoever widens it by a place or an agency meets this.
        if value.casefold() in _names() or set(re.findall(r"\d+", value)) & _ubigeos():
            yield f"label {name}={value} is a place, an organization or a kind of service"


@cache
def _ubigeos() -> frozenset[str]:
    return frozenset({*departments(), *provinces(), *districts()})


@cache
def _names() -> frozenset[str]:
    bundle, pack = demo_bundle(), load_pack("pe")
    names = {*departments().values(), *provinces().values(), *districts().values(), *pack.services, *pack.countries}
    names |= {entry[key] for entry in bundle["organizations"] for key in ("id", "name")}
    names |= {entry["service_type"].partition("-")[0] for entry in bundle["services"]}
    return frozenset(str(name).casefold() for name in names)
