"""Bases and types of request and answer models."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

MAX_TEXT: Final = 20_000
"""Characters of any text that states no limit of its own."""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.{0,30}", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class RequestModel(BaseModel):
    """Base of request bodies and queries: unknown names are refused, nothing is coerced, texts are bounded."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        str_max_length=MAX_TEXT,
        use_attribute_docstrings=True,
    )


class AnswerModel(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


def _to_utc(moment: datetime) -> datetime:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        in_utc = _LATEST
    if not _EARLIEST <= in_utc < _LATEST:
        raise PydanticCustomError("invalid_date", "outside 1900 to 2199")
    return in_utc


def _written_as(form: re.Pattern[str]) -> BeforeValidator:
    # pydantic also reads digits as seconds since 1970: a mistyped date would become another one.
    def check(value: Any) -> Any:
        if isinstance(value, date) or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise PydanticCustomError("invalid_date", "not written as RFC 3339 says")

    return BeforeValidator(check)


UtcDatetime = Annotated[AwareDatetime, Field(strict=False), _written_as(_MOMENT), AfterValidator(_to_utc)]
"""A moment with an offset (RFC 3339), between 1900 and 2199, converted to UTC."""


def _day_begins(value: Any) -> Any:
    return f"{value}T00:00:00Z" if isinstance(value, str) and _DATE.fullmatch(value) else value


UtcDayOrMoment = Annotated[
    UtcDatetime,
    BeforeValidator(_day_begins),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]
"""A moment like `UtcDatetime`, or a calendar day, which stands for its beginning in UTC."""
IsoDate = Annotated[date, Field(strict=False), _written_as(_DATE)]
"""A calendar date, `YYYY-MM-DD`."""
ShortText = Annotated[str, StringConstraints(max_length=200)]
"""The free texts of lists (CONTRACT "Intake")."""
LongText = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
"""Narrative fields; more than that states its own `Annotated[str, Field(max_length=…)]`."""
