"""Read one public entry of the directory by id."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from unavez_directory.adapters.public_reader import PublicReader
from unavez_directory.domain.model import OrganizationRecord, ServiceRecord
from unavez_directory.domain.taxonomies import TAXONOMIES, Taxonomy, Term, terms
from unavez_shared.contracts.errors import NotYoursError

T = TypeVar("T")


async def read_service(service_id: UUID, reader: PublicReader) -> ServiceRecord:
    """Return one public service. Raises NotYoursError for whatever else the id is."""
    return _found(await reader.service(service_id))


async def read_service_at_location(link_id: UUID, reader: PublicReader) -> ServiceRecord:
    """Return one public service that has a place; the link's id is the service's, which has one place at most.

    Raises NotYoursError for whatever else the id is.
    """
    record = await reader.service(link_id)
    return _found(record if record is not None and record.location is not None else None)


async def read_organization(organization_id: UUID, reader: PublicReader) -> OrganizationRecord:
    """Return one public organization. Raises NotYoursError for whatever else the id is."""
    return _found(await reader.organization(organization_id))


def read_taxonomy(taxonomy_id: UUID) -> Taxonomy:
    """Return one taxonomy. Raises NotYoursError for whatever else the id is."""
    return _found(next((taxonomy for taxonomy in TAXONOMIES if taxonomy.id == taxonomy_id), None))


def read_term(term_id: UUID) -> Term:
    """Return one taxonomy term. Raises NotYoursError for whatever else the id is."""
    return _found(terms().get(term_id))


def _found(value: T | None) -> T:
    if value is None:
        raise NotYoursError
    return value
