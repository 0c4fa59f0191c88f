"""What a field is called on paper, Spanish first, and how its value is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.normalise_places import LISTED, SINGLE
from unavez_shared.protocol.places import department_name, district_name, is_ubigeo

_LABELS: Mapping[str, tuple[str, str]] = {
    "/account": ("Relato", "account"),
    "/account_summary": ("Resumen del relato", "summary of the account"),
    "/dependants": ("Personas a su cargo", "dependants"),
    "/derived/age_band": ("Grupo de edad", "age band"),
    "/derived/department": ("Departamento", "department"),
    "/derived/within_72_hours": ("Dentro de las 72 horas", "within 72 hours"),
    "/details/crime": ("Sobre el delito", "about the crime"),
    "/details/family": ("Sobre la familia", "about the family"),
    "/details/health": ("Salud", "health"),
    "/details/migration": ("Situación migratoria", "migration"),
    "/details/psychological": ("Estado psicológico", "psychological state"),
    "/details/readiness": ("Preparación para la entrevista", "readiness for the interview"),
    "/details/reintegration": ("Reintegración", "reintegration"),
    "/evidence": ("Indicios", "evidence"),
    "/identity": ("Identidad", "identity"),
    "/interpreter": ("Intérprete", "interpreter"),
    "/legal_address": ("Domicilio procesal", "legal address"),
    "/places/court": ("Sede judicial", "court"),
    "/places/current": ("Distrito", "district"),
    "/places/current_exact": ("Lugar exacto", "exact place"),
    "/places/exploitation": ("Lugar de los hechos", "where it happened"),
    "/safe_contact": ("Contacto seguro", "safe contact"),
    "/sites": ("Sitios", "sites"),
    "/suspects": ("Personas señaladas", "suspects"),
}
_PLACES = frozenset(f"/places/{role}" for role in (*SINGLE, *LISTED))
_PLACE_KEY = "ubigeo"
"""The one field of a record that is a place (`/sites`)."""


def label_of(pointer: str) -> tuple[str, str]:
    """Return the Spanish and English name of a field."""
    if pointer in _LABELS:
        return _LABELS[pointer]
    text = load_pack("pe").facts[pointer.rpartition("/")[2]].text
    return text.es, text.en


def value_text(pointer: str, value: Any) -> str:
    """Return a field's value as a person reads it: yes and no in words, lists and records line by line.

    Only a place is written by its name: six digits elsewhere are the number of a document, a file, a telephone.
    """
    return _text(value, is_place=pointer in _PLACES)


def _text(value: Any, *, is_place: bool) -> str:
    if value is True:
        return "sí"
    if value is False:
        return "no"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_text(inner, is_place=key == _PLACE_KEY)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_text(inner, is_place=is_place) for inner in value)
    text = str(value)
    if is_place and is_ubigeo(text):
        return f"{district_name(text)} ({department_name(text)}, {text})"
    return text
