"""HSDS `/`: which specification this is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_directory.api.resources import resources
from unavez_shared.contracts.services import Service
from unavez_shared.version import VERSION
from unavez_shared.web.answer import answer
from unavez_shared.web.auth import public
from unavez_shared.web.schema import AnswerModel

_PROFILE = "https://docs.openreferral.org/en/3.1/hsds/"

router = APIRouter(tags=["HSDS"], dependencies=[public('HSDS reads are public (CONTRACT "Roles")')])


class About(AnswerModel):
    """HSDS version, profile and where the API is described."""

    version: str
    """Of HSDS."""
    unavez_version: str
    """Of this software."""
    profile: str
    """The specification."""
    openapi_url: str
    """Where this document is served."""
    demo: bool


@router.get("/", response_model=About, summary="HSDS version and profile")
async def about(request: Request) -> Response:
    """Tell which HSDS this is."""
    held = resources(request)
    return answer(
        About(
            version="3.1",
            unavez_version=VERSION,
            profile=_PROFILE,
            openapi_url=f"{held.public_url}{Service.DIRECTORY.path}/openapi.json",
            demo=held.demo,
        )
    )
