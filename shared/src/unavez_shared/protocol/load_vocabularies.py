"""The vocabularies of a pack: facts, services, categories, handling, languages, countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from unavez_shared.protocol.load_categories import load_categories, load_offer
from unavez_shared.protocol.read_entries import read_entry, read_flag, read_text
from unavez_shared.protocol.source import Source, read_source
from unavez_shared.protocol.vocabulary_types import (
    FactSpec,
    FactType,
    Language,
    PacketCategory,
    ServiceType,
    Text,
)

LANGUAGE_FAMILIES = ("spanish", "indigenous", "sign", "foreign", None)


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """Everything a rule may name."""

    facts: Mapping[str, FactSpec]
    services: Mapping[str, ServiceType]
    not_routed: Mapping[str, str]
    tasks: Mapping[str, Text]
    constraints: Mapping[str, Text]
    unmet_codes: Mapping[str, Text]
    refusal_reasons: Mapping[str, Text]
    categories: Mapping[str, PacketCategory]
    offer_fields: tuple[tuple[str, str], ...]
    languages: Mapping[str, Language]
    countries: frozenset[str]
    services_source: Source


def load_vocabularies(directory: Path) -> Vocabularies:
    """Read and check the vocabulary files of a pack; raises PackError."""
    services = read_source(directory / "services.yaml")
    categories = read_source(directory / "categories.yaml")
    service_types = _services(services)
    facts = _facts(read_source(directory / "facts.yaml"))
    packet_categories = load_categories(categories, service_types, facts)
    return Vocabularies(
        facts=facts,
        services=service_types,
        not_routed=_not_routed(services, service_types),
        tasks=_texts(services, "tasks"),
        constraints=_texts(services, "constraints"),
        unmet_codes=_texts(services, "unmet_codes"),
        refusal_reasons=_texts(services, "refusal_reasons"),
        categories=packet_categories,
        offer_fields=load_offer(categories, packet_categories, facts),
        languages=_languages(read_source(directory / "languages.yaml")),
        countries=_countries(read_source(directory / "countries.yaml")),
        services_source=services,
    )


def _texts(source: Source, section: str) -> dict[str, Text]:
    return {
        code: read_text(source, (section, code), read_entry(source, (section, code), {"es", "en"}))
        for code in source.mapping((section,))
    }


def _facts(source: Source) -> dict[str, FactSpec]:
    result = {}
    for name in source.mapping():
        entry = read_entry(source, (name,), {"type", "es", "en"}, {"values", "minimum", "maximum", "guard", "note"})
        if entry.get("type") not in get_args(FactType):
            raise source.error((name, "type"), f"unknown fact type of {name}")
        values = entry.get("values", [])
        listed = entry["type"] in ("code", "codes")
        if listed != bool(values) or not all(isinstance(value, str) for value in values):
            raise source.error((name, "values"), f"{name}: a code fact, and only that, lists its text values")
        if entry["type"] == "integer" and not ("minimum" in entry and "maximum" in entry):
            raise source.error((name,), f"{name}: an integer fact has a minimum and a maximum")
        for bound in ("minimum", "maximum"):
            if type(entry.get(bound, 0)) is not int:
                raise source.error((name, bound), f"{name}: {bound} must be a whole number")
        result[name] = FactSpec(
            name=name,
            type=entry["type"],
            text=read_text(source, (name,), entry),
            values=tuple(values),
            minimum=entry.get("minimum"),
            maximum=entry.get("maximum"),
            guard=read_flag(source, (name,), entry, "guard"),
            note=entry.get("note", ""),
        )
    return result


def _services(source: Source) -> dict[str, ServiceType]:
    return {
        code: ServiceType(code, text.es, text.en, code.split("-", 1)[0])
        for code, text in _texts(source, "services").items()
    }


def _not_routed(source: Source, services: Mapping[str, ServiceType]) -> dict[str, str]:
    result = source.mapping(("not_routed",))
    for code, reason in result.items():
        if code not in services:
            raise source.error(("not_routed", code), f"unknown service {code}")
        if not isinstance(reason, str) or not reason:
            raise source.error(("not_routed", code), f"{code}: why is it not routed?")
    return result


def _languages(source: Source) -> dict[str, Language]:
    result = {}
    for code in source.mapping():
        entry = read_entry(source, (code,), {"es", "family"}, {"macro"})
        if entry["family"] not in LANGUAGE_FAMILIES:
            raise source.error((code, "family"), f"unknown language family of {code}")
        result[code] = Language(code, entry["es"], entry["family"], entry.get("macro"))
    return result


def _countries(source: Source) -> frozenset[str]:
    codes = source.mapping()["countries"]
    if not all(isinstance(code, str) for code in codes):
        raise source.error(("countries",), "a country code is not text: quote it")
    return frozenset(codes)
