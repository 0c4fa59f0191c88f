"""Field types of request bodies whose values come from the protocol's closed vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from unavez_shared.protocol import load_pack
from unavez_shared.protocol.places import is_country, is_place

_LONGEST_CODE = 40


def _one_of(is_known: Callable[[str], bool], code: str) -> AfterValidator:
    def check(value: str) -> str:
        if not is_known(value):
            raise PydanticCustomError(code, "not in the vocabulary")
        return value

    return AfterValidator(check)


def _fact_code(fact: str) -> AfterValidator:
    return _one_of(lambda value: value in load_pack("pe").facts[fact].values, "unknown_code")


_Code = Annotated[str, Field(max_length=_LONGEST_CODE)]

ServiceTypeCode = Annotated[_Code, _one_of(lambda value: value in load_pack("pe").services, "unknown_code")]
"""A kind of help, such as `SHL-HRT`."""
CategoryCode = Annotated[
    _Code,
    _one_of(
        lambda value: (found := load_pack("pe").categories.get(value)) is not None and not found.never, "unknown_code"
    ),
]
"""A data category she may consent to; what is in no packet cannot be consented to."""
LanguageCode = Annotated[_Code, _one_of(lambda value: value in load_pack("pe").languages, "unknown_code")]
"""ISO 639-3, from the protocol's list."""
CountryCode = Annotated[_Code, _one_of(is_country, "unknown_code")]
"""ISO 3166-1 alpha-2."""
PlaceCode = Annotated[_Code, _one_of(is_place, "unknown_place")]
"""6-digit INEI UBIGEO or a country."""
DocumentType = Annotated[_Code, _fact_code("document")]
Gender = Annotated[_Code, _fact_code("gender")]
Relationship = Annotated[_Code, _fact_code("relationship")]
