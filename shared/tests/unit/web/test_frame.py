from __future__ import annotations

import re
from typing import Any

import httpx
import orjson
import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request

from unavez_shared.contracts.services import Service
from unavez_shared.web.app import describe
from unavez_shared.web.auth import public
from unavez_shared.web.guard import ungated_routes
from unavez_shared.web.openapi import document
from unavez_shared.web.problems import INTERNAL_ERROR_BODY, UNAVAILABLE_BODY


async def test_unexpected_error_is_a_constant_500_and_logs_its_class_only(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await client.get("/v1/failures/other", headers=frontline)
    assert (answer.status_code, answer.content) == (500, INTERNAL_ERROR_BODY)
    failed = next(line for line in logs if line["event"] == "request_failed")
    assert failed["error"] == "RuntimeError"
    assert "her name" not in repr(logs)


@pytest.mark.parametrize("kind", ["database", "starting", "lost"])
async def test_database_that_is_away_is_503_with_retry_after(
    client: httpx.AsyncClient, frontline: dict[str, str], kind: str
) -> None:
    answer = await client.get(f"/v1/failures/{kind}", headers=frontline)
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, UNAVAILABLE_BODY, "1")


async def test_access_log_has_the_route_template_and_no_id(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.patch("/v1/notes/00000000-0000-4000-8000-0000deadbeef?part=deadbeef", headers=frontline)
    line = next(line for line in logs if line["event"] == "request")
    assert (line["route"], line["status"], line["role"]) == ("/v1/notes/{note_id}", 404, "frontline")
    assert "deadbeef" not in repr(logs)


async def test_everything_but_public_reads_is_no_store_and_nosniff(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    opened = await client.get("/v1/open")
    posted = await client.post("/v1/notes", json={"title": "a"}, headers=frontline)
    refused = await client.post("/v1/notes")
    assert opened.headers["cache-control"] == "public, max-age=60"
    assert posted.headers["cache-control"] == refused.headers["cache-control"] == "no-store"
    for answer in (opened, posted, refused):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/nobody", "/nobody/v1/notes", "/health/live", "/health/ready"])
async def test_what_no_service_answers_has_the_headers_too(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://unavez{path}", headers={"Origin": "https://example.org"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_no_origin_is_allowed_across(client: httpx.AsyncClient, frontline: dict[str, str]) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = await client.options("/v1/notes", headers=headers)
    posted = await client.post("/v1/notes", json={"title": "a"}, headers=frontline | headers)
    assert preflight.status_code == 405
    assert not [name for name in [*preflight.headers, *posted.headers] if name.startswith("access-control")]


async def test_health_tells_what_fails(client: httpx.AsyncClient, runtime: Any) -> None:
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).status_code == 200
    runtime.checks["bus"] = False
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["bus"])
    assert (await client.get("http://unavez/health/ready")).json()["failing"] == ["intake:bus"]


async def test_docs_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "POST /v1/notes" in page.text
    assert not re.search(r"<script|https?://|@import|url\(", page.text)
    assert "style-src 'sha256-" in page.headers["content-security-policy"]


async def test_openapi_names_gates_problems_and_bodies(client: httpx.AsyncClient, app: FastAPI) -> None:
    served = await client.get("/openapi.json")
    assert served.content == document(app)
    described = orjson.loads(served.content)
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": "/intake"}]
    post = described["paths"]["/v1/notes"]["post"]
    assert post["security"] == [{"bearer": []}]
    assert post["x-roles"] == ["frontline"]
    assert set(post["responses"]) == {"201", "401", "403", "409", "413", "415", "422", "429", "503", "default"}
    assert post["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NoteBody"}
    assert described["components"]["schemas"]["NoteBody"]["properties"]["lines"]["items"] == {
        "$ref": "#/components/schemas/Line"
    }
    patch = described["paths"]["/v1/notes/{note_id}"]["patch"]
    assert [parameter["name"] for parameter in patch["parameters"]] == ["note_id", "part", "limit"]
    assert described["paths"]["/v1/open"]["get"]["security"] == []
    references = set(re.findall(r"#/components/schemas/(\w+)", served.text))
    assert references <= set(described["components"]["schemas"])
    assert "HTTPValidationError" not in served.text


def test_guard_finds_routes_with_no_gate_or_two(app: FastAPI) -> None:
    assert ungated_routes(app) == []
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> None: ...

    @router.get("/twice", dependencies=[public("one"), public("two")])
    async def twice(request: Request) -> None: ...

    @router.get("/nobody", dependencies=[public("")])
    async def nobody() -> None: ...

    assert ungated_routes(describe(Service.INTAKE, title="x", routers=[router])) == [
        "GET /forgotten",
        "GET /twice",
        "GET /nobody",
    ]


def test_two_models_of_one_name_are_refused_in_the_document() -> None:
    from pydantic import create_model

    from unavez_shared.web.body import json_body
    from unavez_shared.web.schema import RequestModel

    router = APIRouter()
    for path, kind in (("/a", str), ("/b", int)):
        model = create_model("Same", __base__=RequestModel, value=(kind, ...))

        @router.post(path, name=f"post_{kind.__name__}", dependencies=[public("a test")], **json_body(model))
        async def post() -> None: ...

    with pytest.raises(ValueError, match="Same"):
        document(describe(Service.INTAKE, title="x", routers=[router]))
