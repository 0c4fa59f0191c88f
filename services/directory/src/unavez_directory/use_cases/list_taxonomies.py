"""List taxonomies and their terms: both come from the vocabulary, none from what exists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from unavez_directory.domain.queries import Page, Paging, as_uuid
from unavez_directory.domain.taxonomies import TAXONOMIES, Taxonomy, Term, terms
from unavez_directory.domain.text import normalise, search_words

T = TypeVar("T", Taxonomy, Term)


def list_taxonomies(search: str, paging: Paging) -> Page[Taxonomy]:
    """Return the taxonomies whose name or description holds every word."""
    return _page(_matching(TAXONOMIES, search), paging)


def list_terms(search: str, taxonomy_id: str | None, parent_id: str | None, paging: Paging) -> Page[Term]:
    """Return the terms of one taxonomy, or of all. No term has a parent, so a parent finds nothing."""
    if parent_id is not None:
        return _page([], paging)
    wanted = as_uuid(taxonomy_id)
    known = [term for term in terms().values() if taxonomy_id is None or term.taxonomy.id == wanted]
    return _page(_matching(known, search), paging)


def _matching(entries: Iterable[T], search: str) -> list[T]:
    words = search_words(search)
    if words is None:
        return []
    return [entry for entry in entries if all(_holds(entry, word) for word in words)]


def _holds(entry: Taxonomy | Term, word: str) -> bool:
    code = entry.code if isinstance(entry, Term) else None
    return any(held.startswith(word) for held in normalise(entry.name, entry.description, code).split())


def _page(found: list[T], paging: Paging) -> Page[T]:
    end = None if paging.size is None else paging.offset + paging.size
    return Page(found[paging.offset : end], len(found), paging)
