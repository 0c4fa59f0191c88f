from __future__ import annotations

from pathlib import Path

import pytest

from unavez_intake.api.intake_body import IntakeBody
from unavez_intake.api.intake_parts import Details
from unavez_intake.api.paper_labels import label_of
from unavez_intake.app import create_document_app
from unavez_intake.domain.consent_texts import CONSENT_TEXTS, CURRENT_VERSION
from unavez_intake.messaging.subscriptions import subscriptions
from unavez_shared.contracts.services import Service
from unavez_shared.protocol.categories import fields_of
from unavez_shared.protocol.normalise_places import EXACT, LISTED, SINGLE
from unavez_shared.protocol.pointers import FIELDS
from unavez_shared.protocol.vocabulary import CATEGORIES, SERVICE_TYPES
from unavez_shared.web.guard import ungated_routes
from unavez_shared.web.openapi import document


def test_the_openapi_document_is_fresh() -> None:
    path = Path(__file__).parents[2] / "openapi.json"

    assert document(create_document_app()) == path.read_bytes(), (
        "python -m unavez_intake.main openapi > services/intake/openapi.json"
    )


def test_every_route_has_one_gate() -> None:
    assert ungated_routes(create_document_app()) == []


def test_the_table_has_every_event_the_catalogue_gives_intake() -> None:
    subscriptions(None).check(Service.INTAKE)  # type: ignore[arg-type]


def test_every_field_of_every_packet_has_a_name_on_paper() -> None:
    for category in CATEGORIES:
        for service in SERVICE_TYPES:
            for pointer in fields_of(category, service):
                assert all(label_of(pointer))


def test_every_consent_text_stands_in_both_languages() -> None:
    for text in CONSENT_TEXTS[CURRENT_VERSION].values():
        assert set(text) == {"es", "en"}


@pytest.mark.parametrize("pointer", sorted(FIELDS))
def test_every_field_a_category_may_point_at_is_a_field_of_the_interview(pointer: str) -> None:
    name, _, below = pointer.removeprefix("/").partition("/")
    assert name in IntakeBody.model_fields
    if name == "details":
        assert below in Details.model_fields
    elif name == "places":
        assert below in {*SINGLE, *LISTED, EXACT}
