"""What an app's developer needs to build the form: closed vocabularies and the texts that are read out."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_intake.api.resources import resources
from unavez_intake.domain.consent_texts import CONSENT_TEXTS, CURRENT_VERSION
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.vocabulary import CATEGORIES, HANDLING, LANGUAGES, SERVICE_TYPES, facts_vocabulary
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import allow
from unavez_shared.web.schema import AnswerModel

router = APIRouter(prefix="/v1", tags=["reference"])


class Vocabularies(AnswerModel):
    """Every code an intake may use, with its Spanish and English text."""

    protocol_version: str
    facts: dict[str, dict[str, Any]]
    """Name → type, texts, allowed values."""
    service_types: dict[str, dict[str, str]]
    """Code → name in Spanish and English."""
    categories: dict[str, dict[str, Any]]
    """Code → name, and whether only a consent by name opens it."""
    handling: dict[str, dict[str, str]]
    """Code → text in Spanish and English."""
    languages: dict[str, dict[str, str | None]]
    """ISO 639-3 → name and family."""
    countries: list[str]
    """ISO 3166-1 alpha-2."""
    demo: bool


class ConsentTexts(AnswerModel):
    """Texts by version, then name, then language."""

    current: str
    """The version in use."""
    versions: dict[str, dict[str, dict[str, str]]]
    """Version → name → language → text."""
    demo: bool


@router.get("/vocabularies", response_model=Vocabularies, summary="Closed vocabularies of the body")
async def get_vocabularies(request: Request, _: Annotated[Actor, allow(Role.FRONTLINE, Role.COORDINATOR)]) -> Response:
    """Return facts, kinds of service, categories, handling codes, languages and countries."""
    return answer({**_vocabularies(), "demo": resources(request).demo})


@router.get("/consent-texts", response_model=ConsentTexts, summary="What is read out before she consents")
async def get_consent_texts(request: Request, _: Annotated[Actor, allow(Role.FRONTLINE, Role.COORDINATOR)]) -> Response:
    """Return the texts, each under the version a consent names."""
    return answer({"current": CURRENT_VERSION, "versions": CONSENT_TEXTS, "demo": resources(request).demo})


@cache
def _vocabularies() -> dict[str, Any]:
    return {
        "protocol_version": load_pack("pe").version,
        "facts": facts_vocabulary(),
        "service_types": {code: {"es": kind.es, "en": kind.en} for code, kind in SERVICE_TYPES.items()},
        "categories": {
            code: {"es": category.es, "en": category.en, "only_by_name": category.by_explicit_consent_only}
            for code, category in CATEGORIES.items()
            if not category.never
        },
        "handling": {code: {"es": text.es, "en": text.en} for code, text in HANDLING.items()},
        "languages": {code: {"es": language.es, "family": language.family} for code, language in LANGUAGES.items()},
        "countries": sorted(load_pack("pe").countries),
    }
