"""The two taxonomies HSDS readers filter by: our service types, and whom a lodging takes in.

Both come from code, not from the services that exist: a term with no public service looks like any other (SAFETY N3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid5

from unavez_shared.protocol.vocabulary import SERVICE_TYPES

NAMESPACE = uuid5(NAMESPACE_URL, "urn:unavez:directory")
"""Stable ids for everything HSDS wants an id for and we do not store."""

ACCOMMODATION_TAGS: Mapping[str, tuple[str, str]] = {
    "women": ("Mujeres", "Women"),
    "men": ("Hombres", "Men"),
    "lgbtiq": ("Personas LGBTIQ+", "LGBTIQ+ people"),
    "family": ("Con hijas e hijos", "With children"),
    "girls": ("Niñas y adolescentes mujeres", "Girls"),
    "boys": ("Niños y adolescentes varones", "Boys"),
    "accessible": ("Accesible para personas con discapacidad", "Accessible"),
}
"""Tag → (es, en)."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A closed list of terms."""

    id: UUID
    name: str
    description: str
    version: str


@dataclass(frozen=True, slots=True)
class Term:
    """One code of a taxonomy, Spanish first."""

    id: UUID
    code: str
    name: str
    description: str
    taxonomy: Taxonomy


SERVICE_TYPE_TAXONOMY = Taxonomy(
    id=uuid5(NAMESPACE, "taxonomy:service-types"),
    name="Unavez service types",
    description="Tipos de servicio de la ruta peruana de atención / Service types of the Peruvian route",
    version="pe-2026.1",
)
ACCOMMODATION_TAXONOMY = Taxonomy(
    id=uuid5(NAMESPACE, "taxonomy:accommodation"),
    name="Unavez accommodation tags",
    description="A quién recibe un alojamiento / Whom a lodging takes in",
    version="pe-2026.1",
)
TAXONOMIES = (SERVICE_TYPE_TAXONOMY, ACCOMMODATION_TAXONOMY)


def _term(taxonomy: Taxonomy, code: str, es: str, en: str) -> Term:
    return Term(id=uuid5(taxonomy.id, code), code=code, name=es, description=f"{es} / {en}", taxonomy=taxonomy)


@cache
def terms() -> Mapping[UUID, Term]:
    """Return every term by id, in the order of the vocabulary."""
    every = [_term(SERVICE_TYPE_TAXONOMY, kind.code, kind.es, kind.en) for kind in SERVICE_TYPES.values()]
    every += [_term(ACCOMMODATION_TAXONOMY, tag, es, en) for tag, (es, en) in ACCOMMODATION_TAGS.items()]
    return {term.id: term for term in every}


def service_type_term(code: str) -> Term:
    """Return the term of a service type. Raises KeyError for a code outside the vocabulary."""
    return terms()[uuid5(SERVICE_TYPE_TAXONOMY.id, code)]


def accommodation_term(tag: str) -> Term:
    """Return the term of an accommodation tag. Raises KeyError for an unknown tag."""
    return terms()[uuid5(ACCOMMODATION_TAXONOMY.id, tag)]
