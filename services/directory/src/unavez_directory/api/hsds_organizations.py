"""HSDS `/organizations`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_directory.api import hsds
from unavez_directory.api.hsds_parts import Hsds
from unavez_directory.api.hsds_schema import OrganizationPage, PublicOrganization
from unavez_directory.api.pages import Id, PageQuery, asked, item_answer, list_answer, list_of
from unavez_directory.api.resources import resources
from unavez_directory.domain.model import OrganizationRecord
from unavez_directory.domain.queries import taxonomy_filter
from unavez_directory.use_cases.read_public import read_organization
from unavez_shared.web.auth import public
from unavez_shared.web.body import json_body, query_parameters, read_query
from unavez_shared.web.schema import RequestModel

router = APIRouter(tags=["HSDS"], dependencies=[public('HSDS reads are public (CONTRACT "Roles")')])


class OrganizationQuery(PageQuery):
    """The HSDS filters of organizations; terms are those of their public services."""

    taxonomy_term_id: Id | None = None
    taxonomy_id: Id | None = None
    full: bool = False
    full_service: bool = False


class OneOrganizationQuery(RequestModel):
    """How much of its services to show."""

    full_service: bool = False


@router.get(
    "/organizations",
    summary="Organizations",
    **list_of(OrganizationPage),
    **query_parameters(OrganizationQuery),
)
@router.post(
    "/organizations",
    **list_of(OrganizationPage),
    summary="Organizations, filters as JSON",
    **json_body(OrganizationQuery, query=OrganizationQuery),
)
async def list_organizations(request: Request) -> Response:
    """List public organizations."""
    query = await asked(request, OrganizationQuery)
    ids = taxonomy_filter(term_id=query.taxonomy_term_id, taxonomy_id=query.taxonomy_id)
    wanted = ids.saying(query.search)
    nested = query.full or query.full_service
    listing = resources(request).reader.organizations(wanted, with_services=nested)

    def shape(record: OrganizationRecord) -> Hsds:
        if nested:
            return hsds.organization_full(record, with_full_services=query.full_service)
        return hsds.organization_basic(record.organization)

    return await list_answer(request, query, listing, shape)


@router.get(
    "/organizations/{organization_id}",
    response_model=PublicOrganization,
    summary="One organization in full",
    **query_parameters(OneOrganizationQuery),
)
async def get_organization(request: Request, organization_id: UUID) -> Response:
    """Show one public organization with its public services."""
    record = await read_organization(organization_id, resources(request).reader)
    query = read_query(request, OneOrganizationQuery)
    return item_answer(request, hsds.organization_full(record, with_full_services=query.full_service))
