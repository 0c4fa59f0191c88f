"""The closed vocabularies as plain data, for whoever validates, shows or lists them. Spanish first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_shared.protocol.loader import load_pack
from unavez_shared.protocol.vocabulary_types import Language, PacketCategory, ServiceType, Text

_PACK = load_pack("pe")

SERVICE_TYPES: Mapping[str, ServiceType] = _PACK.services
CATEGORIES: Mapping[str, PacketCategory] = _PACK.categories
HANDLING: Mapping[str, Text] = {code: handling.text for code, handling in _PACK.handling.items()}
CONSTRAINTS: Mapping[str, Text] = _PACK.constraints
TASKS: Mapping[str, Text] = _PACK.tasks
UNMET_CODES: Mapping[str, Text] = _PACK.unmet_codes
"""Codes of unmet needs that are not simply a service type."""
REFUSAL_REASONS: Mapping[str, Text] = _PACK.refusal_reasons
"""Why an agency says no."""
LANGUAGES: Mapping[str, Language] = _PACK.languages

REPORTER_ADVICE = "REPORTER-ADVICE"
"""The one task nobody has to do: its text is for whoever reports about somebody else, the same in every report."""

RELEASE = "RELEASE-"
_RELEASE_TEXT = Text("Lo que se esperaba no llegará: decidir si sale", "What was waited for will not come: decide")


def release_task(service_type: str) -> str:
    """Return the code of the task that opens when what a referral of this service type waits for will not come."""
    return f"{RELEASE}{service_type}"


def task_text(code: str) -> Text:
    """Return what a task says to the worker; KeyError for a code the pack does not have."""
    if code.startswith(RELEASE):
        name = SERVICE_TYPES[code.removeprefix(RELEASE)]
        return Text(f"{_RELEASE_TEXT.es} ({name.es})", f"{_RELEASE_TEXT.en} ({name.en})")
    return TASKS[code]


def facts_vocabulary() -> dict[str, dict[str, Any]]:
    """Return every fact with its type, texts and allowed values, as JSON."""
    result: dict[str, dict[str, Any]] = {}
    for name, spec in _PACK.facts.items():
        entry: dict[str, Any] = {"type": spec.type, "es": spec.text.es, "en": spec.text.en}
        if spec.values:
            entry["values"] = list(spec.values)
        if spec.minimum is not None:
            entry["minimum"] = spec.minimum
        if spec.maximum is not None:
            entry["maximum"] = spec.maximum
        if spec.guard:
            entry["guard"] = True
        if spec.note:
            entry["note"] = spec.note
        result[name] = entry
    return result
