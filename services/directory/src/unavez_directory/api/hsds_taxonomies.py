"""HSDS `/taxonomies` and `/taxonomy_terms`."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from unavez_directory.api import hsds_parts
from unavez_directory.api.hsds_schema import PublicTaxonomy, PublicTaxonomyTerm, TaxonomyPage, TaxonomyTermPage
from unavez_directory.api.pages import Id, PageQuery, asked, item_answer, list_of, page_answer
from unavez_directory.use_cases.list_taxonomies import list_taxonomies, list_terms
from unavez_directory.use_cases.read_public import read_taxonomy, read_term
from unavez_shared.web.auth import public
from unavez_shared.web.body import json_body, query_parameters

router = APIRouter(tags=["HSDS"], dependencies=[public('HSDS reads are public (CONTRACT "Roles")')])


class TaxonomyQuery(PageQuery):
    """The HSDS filters of taxonomies."""


class TermQuery(PageQuery):
    """The HSDS filters of terms. Every term is a top term."""

    taxonomy_id: Id | None = None
    top_only: bool = False
    parent_id: Id | None = None


@router.get(
    "/taxonomies",
    summary="Taxonomies",
    **list_of(TaxonomyPage),
    **query_parameters(TaxonomyQuery),
)
@router.post(
    "/taxonomies",
    summary="Taxonomies, filters as JSON",
    **list_of(TaxonomyPage),
    **json_body(TaxonomyQuery, query=TaxonomyQuery),
)
async def get_taxonomies(request: Request) -> Response:
    """List the taxonomies."""
    query = await asked(request, TaxonomyQuery)
    return page_answer(request, query, list_taxonomies(query.search, query.paging), hsds_parts.taxonomy)


@router.get("/taxonomies/{taxonomy_id}", response_model=PublicTaxonomy, summary="One taxonomy")
async def get_taxonomy(request: Request, taxonomy_id: UUID) -> Response:
    """Show one taxonomy."""
    return item_answer(request, hsds_parts.taxonomy(read_taxonomy(taxonomy_id)))


@router.get(
    "/taxonomy_terms",
    summary="Terms",
    **list_of(TaxonomyTermPage),
    **query_parameters(TermQuery),
)
@router.post(
    "/taxonomy_terms",
    summary="Terms, filters as JSON",
    **list_of(TaxonomyTermPage),
    **json_body(TermQuery, query=TermQuery),
)
async def get_terms(request: Request) -> Response:
    """List the terms of a taxonomy, or of all."""
    query = await asked(request, TermQuery)
    page = list_terms(query.search, query.taxonomy_id, query.parent_id, query.paging)
    return page_answer(request, query, page, hsds_parts.taxonomy_term)


@router.get("/taxonomy_terms/{term_id}", response_model=PublicTaxonomyTerm, summary="One term")
async def get_term(request: Request, term_id: UUID) -> Response:
    """Show one term."""
    return item_answer(request, hsds_parts.taxonomy_term(read_term(term_id)))
