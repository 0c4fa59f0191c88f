from __future__ import annotations

import orjson
import schemathesis
from fastapi import FastAPI
from schemathesis.core.result import Ok

from unavez_shared.web.openapi import document


def test_document_is_one_schemathesis_understands(app: FastAPI) -> None:
    schema = schemathesis.openapi.from_dict(orjson.loads(document(app)))
    labels = sorted(result.ok().label for result in schema.get_all_operations() if isinstance(result, Ok))
    assert labels == [
        "GET /health/live",
        "GET /health/ready",
        "GET /v1/export",
        "GET /v1/failures/{kind}",
        "GET /v1/open",
        "GET /v1/plain",
        "GET /v1/stream",
        "PATCH /v1/notes/{note_id}",
        "POST /v1/notes",
        "POST /v1/plain",
    ]
