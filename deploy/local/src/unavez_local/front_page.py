"""`/` of the one process: links to what answers here, for whoever opens the address in a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from unavez_shared.contracts.services import Service
from unavez_shared.web.answer import html_page

_STYLE = "body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"


def front_page(*, demo: bool) -> Route:
    """Return the route of the page. It says nothing that `/docs` and `/health` do not say without a token."""
    items = "".join(
        f'<li>{service.path[1:]}: <a href="{service.path}/docs">guía / docs</a> · '
        f'<a href="{service.path}/openapi.json">openapi.json</a> · '
        f'<a href="{service.path}/health/ready">estado / health</a></li>'
        for service in Service
    )
    kind = "<p><strong>DEMOSTRACIÓN: datos ficticios / demo: fictional data</strong></p>" if demo else ""
    html = (
        f'<!doctype html><html lang="es"><head><meta charset="utf-8"><title>Unavez</title><style>{_STYLE}</style>'
        f"</head><body><h1>Unavez</h1><p>Ella lo cuenta una sola vez. / She tells it once.</p>{kind}<ul>{items}"
        '<li><a href="/health/ready">estado de todo / health of everything</a></li></ul></body></html>'
    )

    async def show(_: Request) -> Response:
        return html_page(html)

    return Route("/", show, methods=["GET"])
