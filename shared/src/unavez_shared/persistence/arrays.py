"""Many rows in one statement: each column comes as an array (`unnest`), so the statement is the same for any number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, String, TableValuedAlias, Text, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY


def unnested(columns: Iterable[Column[Any]], *, name: str = "new") -> TableValuedAlias:
    """Return a FROM of rows with these columns; each is a parameter of its column's name.

    A list of rows (`executemany`) is bound and executed row by row; this costs one execution.
    """
    known = list(columns)
    arrays = func.unnest(*(bindparam(one.name, type_=ARRAY(_sent_as(one))) for one in known))
    return arrays.table_valued(*(column(one.name, one.type) for one in known)).render_derived(name=name)


def _sent_as(one: Column[Any]) -> Any:
    # A cast to VARCHAR(8)[] would shorten what is too long; the column itself refuses it.
    return Text if isinstance(one.type, String) else one.type


def as_arrays(columns: Iterable[Column[Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return the parameters of `unnested` for these rows."""
    return {one.name: [row[one.name] for row in rows] for one in columns}
