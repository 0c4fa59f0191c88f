from __future__ import annotations

import json
import re
from pathlib import Path

from unavez_shared.contracts.services import Service
from unavez_shared.messaging.broker_definitions import definitions, permissions, topic_permissions

ROOT = Path(__file__).resolve().parents[4]


def test_definitions_file_is_what_the_catalogue_says() -> None:
    written = json.loads((ROOT / "deploy/rabbitmq/definitions.json").read_text(encoding="utf-8"))
    assert written == definitions()


def test_directory_may_only_say_its_own_events() -> None:
    rights = permissions(Service.DIRECTORY)
    assert not re.search(rights["configure"], "unavez.events")
    assert not re.search(rights["read"], "unavez.intake")
    said = topic_permissions(Service.DIRECTORY)["write"]
    assert re.search(said, "service.published.v1.notifier")
    assert not re.search(said, "case.registered.v1.referral-router")
