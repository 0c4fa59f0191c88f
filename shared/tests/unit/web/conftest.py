"""A small synthetic service behind the real frame: one collection, one item, one public route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import UUID

import httpx
import pytest
from asyncpg.exceptions import CannotConnectNowError, ConnectionDoesNotExistError
from fastapi import APIRouter, FastAPI, Request
from pydantic import Field
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.contracts.errors import ConflictError, NotYoursError
from unavez_shared.contracts.services import Service
from unavez_shared.runtime import Runtime
from unavez_shared.settings import ServiceSettings
from unavez_shared.testing.http import running
from unavez_shared.web.answer import answer
from unavez_shared.web.app import create_app
from unavez_shared.web.auth import RecordCaller, allow, allow_on_record, public
from unavez_shared.web.body import json_body, read_json, read_query
from unavez_shared.web.composition import ServiceApp
from unavez_shared.web.conditional import required_version
from unavez_shared.web.schema import AnswerModel, IsoDate, RequestModel, ShortText, UtcDatetime
from unavez_shared.web.tokens import LocalIssuer, TokenVerifier

ORGANIZATION = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
NOTE = UUID("00000000-0000-4000-8000-00000000000a")


class Line(RequestModel):
    text: ShortText | None = None


class NoteBody(RequestModel):
    title: ShortText
    at: UtcDatetime | None = None
    on: IsoDate | None = None
    lines: list[Line] = Field(default_factory=list)
    facts: dict[str, Any] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)


class NoteQuery(RequestModel):
    part: ShortText | None = None
    limit: int = 10


class NoteView(AnswerModel):
    title: str


router = APIRouter(prefix="/v1")


@router.post("/notes", status_code=201, response_model=NoteView, **json_body(NoteBody))
async def post_note(request: Request, actor: Annotated[Actor, allow(Role.FRONTLINE)]) -> Response:
    body = await read_json(request, NoteBody)
    return answer(NoteView(title=actor.subject), status=201, headers={"Location": f"/{len(body.title)}"})


@router.patch("/notes/{note_id}", response_model=NoteView, **json_body(NoteBody, query=NoteQuery))
async def patch_note(
    request: Request, note_id: UUID, caller: Annotated[RecordCaller, allow_on_record(Role.FRONTLINE)]
) -> Response:
    if note_id != NOTE or caller.actor.organization_id != ORGANIZATION:
        raise NotYoursError
    caller.require_role()
    if required_version(request) != 1:
        raise ConflictError(Conflict.VERSION_CONFLICT)
    read_query(request, NoteQuery)
    body = await read_json(request, NoteBody)
    return answer(NoteView(title=body.title))


@router.get("/failures/{kind}", response_model=NoteView)
async def fail(kind: str, _: Annotated[RecordCaller, allow_on_record(Role.FRONTLINE)]) -> Response:
    if kind == "database":
        raise OperationalError("SELECT 'her name'", {}, Exception("her name"))
    if kind == "starting":
        raise CannotConnectNowError("her name")
    if kind == "lost":
        raise DBAPIError("SELECT 'her name'", {}, ConnectionDoesNotExistError("her name"))
    raise RuntimeError("her name")


@router.get("/open", response_model=NoteView, dependencies=[public("a test")])
async def show_open() -> Response:
    return answer(NoteView(title="open"), headers={"Cache-Control": "public, max-age=60"})


@router.get("/plain", response_model=NoteView, dependencies=[public("a test")])
async def show_plain(request: Request) -> Response:
    return answer(NoteView(title=request.query_params.get("title", "plain")))


@router.post("/plain", response_model=NoteView, dependencies=[public("a test")])
async def post_plain() -> Response:
    return answer(NoteView(title="plain"))


@router.get("/stream", dependencies=[public("a test")])
async def show_stream() -> Response:
    async def lines() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"{}\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


class Export(Response):
    """A stream that ends as soon as its reader has left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        request = Request(scope, receive)
        for left in range(3, -1, -1):
            if await request.is_disconnected():
                return
            await send({"type": "http.response.body", "body": b"{}\n", "more_body": left > 0})


@router.get("/export", dependencies=[public("a test")])
async def show_export() -> Response:
    return Export()


class FakeRuntime:
    """Records what the composition asks of a runtime."""

    def __init__(self, name: str = "intake", log: list[str] | None = None) -> None:
        self.name = name
        self.log = [] if log is None else log
        self.stopping = asyncio.Event()
        self.checks = {"database": True, "bus": True}

    async def start(self) -> None:
        self.log.append(f"start {self.name}")

    async def begin_stop(self) -> None:
        self.stopping.set()
        self.log.append(f"begin_stop {self.name}")

    async def stop(self) -> None:
        self.stopping.set()
        self.log.append(f"stop {self.name}")

    async def ready(self) -> dict[str, bool]:
        return dict(self.checks)


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return LocalIssuer(tmp_path / "issuer.json")


@pytest.fixture
def settings(tmp_path: Path, issuer: LocalIssuer) -> ServiceSettings:
    issuer.write_jwks(tmp_path / "jwks.json")
    return ServiceSettings(
        database_url="postgresql://nobody@127.0.0.1/none",
        sealing_keys_dir=tmp_path,
        audit_key_file=tmp_path / "audit.key",
        jwks_file=tmp_path / "jwks.json",
        rate_limit=100,
    )


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
def app(settings: ServiceSettings, runtime: FakeRuntime) -> FastAPI:
    return create_app(
        Service.INTAKE,
        title="Notes (synthetic)",
        settings=settings,
        runtime=cast("Runtime", runtime),
        routers=[router],
        verifier=TokenVerifier.from_settings(settings),
    )


@pytest.fixture
async def client(app: FastAPI, runtime: FakeRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with running(ServiceApp(Service.INTAKE, app, cast("Runtime", runtime))) as client:
        yield client


@pytest.fixture
def frontline(issuer: LocalIssuer) -> dict[str, str]:
    return bearer(issuer.token(role=Role.FRONTLINE, organization_id=ORGANIZATION, subject="CW-12"))


@pytest.fixture
def agency(issuer: LocalIssuer) -> dict[str, str]:
    return bearer(issuer.token(role=Role.AGENCY, organization_id=ORGANIZATION, subject="A-1"))


@pytest.fixture
def stranger(issuer: LocalIssuer) -> dict[str, str]:
    return bearer(issuer.token(role=Role.FRONTLINE, organization_id=OTHER, subject="CW-99"))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
