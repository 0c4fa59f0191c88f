"""Field types of request bodies whose values come from the protocol's closed vocabularies."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.places import is_place

_LONGEST_CODE = 40


def _one_of(known: Callable[[], Collection[str]]) -> AfterValidator:
    def check(value: str) -> str:
        codes = known()
        if value not in codes:
            raise PydanticCustomError("unknown_code", "not in the vocabulary", {"known": codes})
        return value

    return AfterValidator(check)


def _is_place(value: str) -> str:
    if not is_place(value):
        raise PydanticCustomError("unknown_place", "no district and no country")
    return value


def _fact_code(fact: str) -> AfterValidator:
    return _one_of(lambda: load_pack("pe").facts[fact].values)


@cache
def _categories() -> tuple[str, ...]:
    return tuple(code for code, category in load_pack("pe").categories.items() if not category.never)


def _code(component: str) -> Any:
    """Return the field of a code; the OpenAPI document refers to the list of that name."""
    return Field(max_length=_LONGEST_CODE, json_schema_extra={"x-component": component})


def _fact_field(fact: str) -> Any:
    return Field(max_length=_LONGEST_CODE, json_schema_extra={"enum": list(load_pack("pe").facts[fact].values)})


ServiceTypeCode = Annotated[str, _code("ServiceType"), _one_of(lambda: load_pack("pe").services)]
"""A kind of help, such as `SHL-HRT`."""
CategoryCode = Annotated[str, _code("DataCategory"), _one_of(_categories)]
"""A data category she may consent to; what is in no packet cannot be consented to."""
LanguageCode = Annotated[str, _code("Language"), _one_of(lambda: load_pack("pe").languages)]
"""ISO 639-3, from the protocol's list."""
CountryCode = Annotated[str, _code("Country"), _one_of(lambda: load_pack("pe").countries)]
"""ISO 3166-1 alpha-2."""
PlaceCode = Annotated[str, _code("Place"), AfterValidator(_is_place)]
"""6-digit INEI UBIGEO or a country."""
DocumentType = Annotated[str, _fact_field("document"), _fact_code("document")]
Gender = Annotated[str, _fact_field("gender"), _fact_code("gender")]
Relationship = Annotated[str, _fact_field("relationship"), _fact_code("relationship")]
