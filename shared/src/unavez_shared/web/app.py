"""The FastAPI app of a service: the same frame four times, the routers are the service's own."""
# No `from __future__ import annotations`: the frame's own routes are declared inside functions.

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from unavez_shared.contracts.services import Service
from unavez_shared.observability.measures import HttpMeasures
from unavez_shared.runtime import Runtime
from unavez_shared.settings import ServiceSettings
from unavez_shared.version import VERSION
from unavez_shared.web import docs, openapi, openapi_answers
from unavez_shared.web.answer import answer, html_page
from unavez_shared.web.auth import public
from unavez_shared.web.edge import Edge
from unavez_shared.web.guard import gated_routes, route_templates
from unavez_shared.web.openapi_texts import DESCRIPTIONS
from unavez_shared.web.problems import install_handlers
from unavez_shared.web.rate import RateLimit
from unavez_shared.web.reads import PublicReads
from unavez_shared.web.tokens import TokenVerifier

_READY: Final[dict[str, Any]] = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["status"],
                "properties": {
                    "status": {"type": "string", "enum": ["ready", "not_ready"]},
                    "failing": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Names of the checks that fail; absent when ready",
                    },
                },
            },
        }
    }
}


def create_app(
    service: Service,
    *,
    title: str,
    settings: ServiceSettings,
    runtime: Runtime,
    routers: Sequence[APIRouter],
    verifier: TokenVerifier,
    resources: Any = None,
    webhooks: APIRouter | None = None,
) -> FastAPI:
    """Return the service's app: its routers behind gates, problems, headers, log, health and documentation.

    `resources` is whatever the service's routes need (`request.app.state.resources`).
    """
    app = describe(service, title=title, routers=routers, webhooks=webhooks)
    app.state.runtime = runtime
    app.state.verifier = verifier
    app.state.rate_limit = RateLimit(settings.rate_limit)
    app.state.anonymous_rate_limit = settings.anonymous_rate_limit
    app.state.resources = resources
    app.add_middleware(PublicReads, routes=lambda: gated_routes(app))
    app.add_middleware(Edge, service=service, measures=HttpMeasures(service, route_templates(app)))
    install_handlers(app)
    return app


def describe(
    service: Service, *, title: str, routers: Sequence[APIRouter], webhooks: APIRouter | None = None
) -> FastAPI:
    """Return the app as far as its OpenAPI document needs it: no settings, keys or database.

    `webhooks` describes requests the service sends: they stand in the document and are served nowhere.
    """
    app = FastAPI(
        title=title,
        version=VERSION,
        description=DESCRIPTIONS[service],
        generate_unique_id_function=openapi.operation_id,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": service.path}],
        webhooks=webhooks,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(_frame(service))
    app.openapi = lambda: _described_once(app)  # type: ignore[method-assign]
    return app


def _described_once(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = openapi.build(app)
    return app.openapi_schema


def _frame(service: Service) -> APIRouter:
    name = service.path.removeprefix("/")
    router = APIRouter(tags=["health"], dependencies=[public('health and documentation (CONTRACT "Roles")')])

    @router.get("/health/live", operation_id=f"{name}_live", summary="The process answers")
    async def live() -> dict[str, str]:
        """Answer as long as the process runs."""
        return {"status": "live"}

    @router.get(
        "/health/ready",
        operation_id=f"{name}_ready",
        summary="Database, bus and token keys answer",
        responses={
            200: _READY,
            503: {**_READY, "description": "Not ready", **openapi_answers.headers("Retry-After")},
        },
    )
    async def ready(request: Request) -> Response:
        """Say which checks fail; 503 as long as one does."""
        checks = await request.app.state.runtime.ready()
        checks["token_keys"] = request.app.state.verifier.is_ready()
        return readiness(checks)

    @router.get("/openapi.json", include_in_schema=False)
    async def show_openapi(request: Request) -> Response:
        return Response(openapi.document(request.app), media_type="application/json")

    @router.get("/docs", include_in_schema=False)
    async def show_docs(request: Request) -> Response:
        return html_page(docs.render(request.app.openapi(), "openapi.json"))

    return router


def readiness(checks: dict[str, bool]) -> Response:
    """Return 200 when every check holds, else 503 with those that do not."""
    failing = sorted(name for name, holds in checks.items() if not holds)
    if failing:
        return answer({"status": "not_ready", "failing": failing}, status=503, headers={"Retry-After": "1"})
    return answer({"status": "ready"})
