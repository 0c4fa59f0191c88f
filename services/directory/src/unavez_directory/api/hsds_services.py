"""HSDS `/services` and `/service_at_locations`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from unavez_directory.api import hsds
from unavez_directory.api.hsds_schema import PublicService, PublicServiceAtLocation, ServiceAtLocationPage, ServicePage
from unavez_directory.api.pages import Id, PageQuery, asked, item_answer, list_answer, list_of
from unavez_directory.api.resources import resources
from unavez_directory.domain.areas import areas_around
from unavez_directory.domain.distances import Circle
from unavez_directory.domain.queries import ServiceFilter, taxonomy_filter
from unavez_directory.use_cases.read_public import read_service, read_service_at_location
from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.protocol import places
from unavez_shared.web.auth import public
from unavez_shared.web.body import json_body, query_parameters
from unavez_shared.web.schema import UtcDayOrMoment

router = APIRouter(tags=["HSDS"], dependencies=[public('HSDS reads are public (CONTRACT "Roles")')])


class ServiceQuery(PageQuery):
    """The HSDS filters of services. `modified_after` is a moment or a day, which begins at 00:00 UTC."""

    taxonomy_term_id: Id | None = None
    taxonomy_id: Id | None = None
    organization_id: Id | None = None
    modified_after: UtcDayOrMoment | None = None
    minimal: bool = False
    full: bool = False

    def to_filter(self) -> ServiceFilter:
        """Return what to look for."""
        ids = taxonomy_filter(
            term_id=self.taxonomy_term_id, taxonomy_id=self.taxonomy_id, organization_id=self.organization_id
        )
        return replace(ids.saying(self.search), modified_after=self.modified_after)


class ServiceAtLocationQuery(PageQuery):
    """The HSDS filters of services at locations.

    `modified_after` is a moment or a day, which begins at 00:00 UTC. `postcode` is a 6-digit UBIGEO that the service
    must serve; with `proximity` its place must also lie within so many metres of that district's capital.
    """

    taxonomy_term_id: Id | None = None
    taxonomy_id: Id | None = None
    organization_id: Id | None = None
    modified_after: UtcDayOrMoment | None = None
    postcode: Id | None = None
    proximity: Annotated[float, Field(ge=0, le=20_000_000, strict=False)] | None = None
    full: bool = False

    def to_filter(self) -> ServiceFilter:
        """Return what to look for. Raises InvalidInputError for a district there is not, or a proximity to nowhere."""
        ids = taxonomy_filter(
            term_id=self.taxonomy_term_id, taxonomy_id=self.taxonomy_id, organization_id=self.organization_id
        )
        found = replace(ids.saying(self.search), modified_after=self.modified_after)
        if self.postcode is None:
            if self.proximity is not None:
                raise InvalidInputError([Fault("/postcode", "required")])
            return found
        if not places.is_ubigeo(self.postcode):
            raise InvalidInputError([Fault("/postcode", "unknown_place")])
        found = replace(found, areas=areas_around(self.postcode))
        if self.proximity is None:
            return found
        near = Circle.around(self.postcode, self.proximity)
        return replace(found, near=near, nothing=found.nothing or near is None)


@router.get(
    "/services",
    summary="Services",
    **list_of(ServicePage),
    **query_parameters(ServiceQuery),
)
@router.post(
    "/services",
    summary="Services, filters as JSON",
    **list_of(ServicePage),
    **json_body(ServiceQuery, query=ServiceQuery),
)
async def list_services(request: Request) -> Response:
    """List public services."""
    query = await asked(request, ServiceQuery)
    return await list_answer(
        request, query, resources(request).reader.services(query.to_filter()), _service_shape(query)
    )


@router.get("/services/{service_id}", response_model=PublicService, summary="One service in full")
async def get_service(request: Request, service_id: UUID) -> Response:
    """Show one public service."""
    return item_answer(request, hsds.service_full(await read_service(service_id, resources(request).reader)))


@router.get(
    "/service_at_locations",
    **list_of(ServiceAtLocationPage),
    summary="Services at their places",
    **query_parameters(ServiceAtLocationQuery),
)
@router.post(
    "/service_at_locations",
    **list_of(ServiceAtLocationPage),
    summary="Services at their places, filters as JSON",
    **json_body(ServiceAtLocationQuery, query=ServiceAtLocationQuery),
)
async def list_service_at_locations(request: Request) -> Response:
    """List public services that have a place."""
    query = await asked(request, ServiceAtLocationQuery)
    listing = resources(request).reader.service_at_locations(query.to_filter())
    shape = hsds.service_at_location_full if query.full else hsds.service_at_location_basic
    return await list_answer(request, query, listing, shape)


@router.get(
    "/service_at_locations/{link_id}", response_model=PublicServiceAtLocation, summary="One service at its place"
)
async def get_service_at_location(request: Request, link_id: UUID) -> Response:
    """Show one public service at its place."""
    record = await read_service_at_location(link_id, resources(request).reader)
    return item_answer(request, hsds.service_at_location_full(record))


def _service_shape(query: ServiceQuery) -> Callable[..., dict[str, Any]]:
    if query.minimal:
        return hsds.service_minimal
    return hsds.service_full if query.full else hsds.service_basic
