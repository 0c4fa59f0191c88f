"""Guards: subscriptions are the catalogue's, every route has a gate, the OpenAPI document and the schema are fresh."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import sentinel

from unavez_referral_router.app import create_document_app
from unavez_referral_router.messaging.handlers import Handlers
from unavez_referral_router.messaging.subscriptions import subscriptions
from unavez_shared.contracts.services import Service
from unavez_shared.web.guard import ungated_routes
from unavez_shared.web.openapi import document


def test_the_table_has_every_event_the_catalogue_gives_the_router() -> None:
    subscriptions(Handlers(sentinel.stores)).check(Service.REFERRAL_ROUTER)


def test_every_route_has_exactly_one_gate() -> None:
    assert ungated_routes(create_document_app()) == []


def test_the_openapi_document_is_fresh() -> None:
    stored = Path(__file__).parents[2] / "openapi.json"
    assert stored.read_bytes() == document(create_document_app())
