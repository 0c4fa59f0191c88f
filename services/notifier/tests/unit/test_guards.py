from __future__ import annotations

from pathlib import Path
from unittest.mock import sentinel

from unavez_notifier.adapters.pseudonyms import KekPseudonyms
from unavez_notifier.app import create_document_app
from unavez_notifier.messaging.subscriptions import subscriptions
from unavez_shared.contracts.services import Service
from unavez_shared.web.guard import ungated_routes
from unavez_shared.web.openapi import document

SERVICE_FOLDER = Path(__file__).parents[2]


def test_openapi_document_is_fresh() -> None:
    assert (SERVICE_FOLDER / "openapi.json").read_bytes() == document(create_document_app())


def test_every_route_has_one_gate() -> None:
    assert ungated_routes(create_document_app()) == []


def test_the_table_has_every_event_the_catalogue_gives_the_notifier() -> None:
    pseudonyms = KekPseudonyms(SERVICE_FOLDER / "no-key-is-read.json")
    subscriptions(sentinel.stores, public_url="https://unavez.example", pseudonyms=pseudonyms).check(Service.NOTIFIER)
