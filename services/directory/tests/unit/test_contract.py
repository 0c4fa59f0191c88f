"""Guards: the OpenAPI document is fresh, every route has a gate, the topology and the migrations are what they say."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from unavez_directory.app import create_document_app
from unavez_directory.messaging.subscriptions import subscriptions
from unavez_shared.contracts.services import Service
from unavez_shared.web.guard import ungated_routes
from unavez_shared.web.openapi import document


def test_the_openapi_document_is_fresh() -> None:
    committed = Path(__file__).parents[2] / "openapi.json"
    assert committed.read_bytes() == document(create_document_app())


def test_every_route_has_exactly_one_gate() -> None:
    assert ungated_routes(create_document_app()) == []


def test_the_table_has_every_event_the_catalogue_gives_the_directory() -> None:
    subscriptions().check(Service.DIRECTORY)


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "unavez_directory:migrations")
    config.set_main_option("path_separator", "os")
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
