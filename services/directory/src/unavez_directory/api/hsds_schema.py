"""The shapes of the HSDS answers: by reference to `hsds.json`, which stands beside the OpenAPI document.

That file is adapted from the specification of Open Referral and has its licence (CC BY-SA 4.0), so nothing of it is
copied into the document itself. It is served where the document is, and written beside it on disk: the reference is
right in both places.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from unavez_shared.web.auth import public
from unavez_shared.web.schema import AnswerModel

FILE: Final = "hsds.json"
_DEFINITIONS: Final = f"{FILE}#/$defs/"

router = APIRouter(dependencies=[public('HSDS reads are public (CONTRACT "Directory"); so is their schema')])

HsdsOrganization = Annotated[dict[str, Any], WithJsonSchema({"x-ref": f"{_DEFINITIONS}HsdsOrganization"})]
HsdsService = Annotated[dict[str, Any], WithJsonSchema({"x-ref": f"{_DEFINITIONS}HsdsService"})]
HsdsTaxonomy = Annotated[dict[str, Any], WithJsonSchema({"x-ref": f"{_DEFINITIONS}HsdsTaxonomy"})]
HsdsTaxonomyTerm = Annotated[dict[str, Any], WithJsonSchema({"x-ref": f"{_DEFINITIONS}HsdsTaxonomyTerm"})]


def _also(name: str) -> ConfigDict:
    return ConfigDict(json_schema_extra={"x-ref": f"{_DEFINITIONS}{name}"})


class ListedOrganization(AnswerModel):
    """An HSDS organization; with its public services where they are asked for."""

    model_config = _also("HsdsOrganization")

    services: Annotated[list[HsdsService], Field(default_factory=list)]
    """Its public services; absent unless `full` or `full_service` asks for them."""


class ListedServiceAtLocation(AnswerModel):
    """An HSDS service at its location."""

    model_config = _also("HsdsServiceAtLocation")

    service: HsdsService
    """The service that is there."""


class PublicOrganization(ListedOrganization):
    """One HSDS organization with its public services."""

    demo: bool


class PublicService(AnswerModel):
    """One HSDS service in full."""

    model_config = _also("HsdsService")

    demo: bool


class PublicServiceAtLocation(ListedServiceAtLocation):
    """One HSDS service at its location."""

    demo: bool


class PublicTaxonomy(AnswerModel):
    """One HSDS taxonomy."""

    model_config = _also("HsdsTaxonomy")

    demo: bool


class PublicTaxonomyTerm(AnswerModel):
    """One HSDS taxonomy term."""

    model_config = _also("HsdsTaxonomyTerm")

    demo: bool


class HsdsPage(AnswerModel):
    """One page of a list."""

    total_items: int
    """Of all pages."""
    total_pages: int
    """How many pages there are."""
    page_number: int
    """Which page this is; the first is 1."""
    size: int
    """How many objects this page has."""
    first_page: bool
    """true: nothing comes before."""
    last_page: bool
    """true: nothing comes after."""
    empty: bool
    """true: this page has no objects."""
    demo: bool


class OrganizationPage(HsdsPage):
    """One page of organizations."""

    contents: list[ListedOrganization]
    """The organizations of this page."""


class ServicePage(HsdsPage):
    """One page of services."""

    contents: list[HsdsService]
    """The services of this page."""


class ServiceAtLocationPage(HsdsPage):
    """One page of services at their locations."""

    contents: list[ListedServiceAtLocation]
    """The services of this page, each at its location."""


class TaxonomyPage(HsdsPage):
    """One page of taxonomies."""

    contents: list[HsdsTaxonomy]
    """The taxonomies of this page."""


class TaxonomyTermPage(HsdsPage):
    """One page of taxonomy terms."""

    contents: list[HsdsTaxonomyTerm]
    """The terms of this page."""


def schema_file() -> bytes:
    """Return the JSON Schemas of HSDS objects, with their licence."""
    return files("unavez_directory.api").joinpath(FILE).read_bytes()


@router.get(f"/{FILE}", include_in_schema=False)
async def get_hsds_schema() -> Response:
    """Answer the file that the OpenAPI document refers to."""
    return Response(schema_file(), media_type="application/schema+json")
