"""Nobody without a row (SAFETY N20): every kind of person and violence gets something, a bed included when needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from unavez_shared.protocol.evaluate import evaluate
from unavez_shared.protocol.facts import normalise
from unavez_shared.protocol.model import Pack


def combinations(pack: Pack) -> Iterator[dict[str, Any]]:
    """Yield gender by minor by needs_shelter by lgbtiq by kind of violence, unknown included where it may be."""
    genders = (None, *pack.facts["gender"].values)
    choices = product(genders, (True, False), (True, False), (None, True, False), pack.facts["incident"].values)
    for gender, is_minor, needs_shelter, lgbtiq, incident in choices:
        yield {
            "gender": gender,
            "is_minor": is_minor,
            "needs_shelter": needs_shelter,
            "lgbtiq": lgbtiq,
            "incident": [incident],
        }


def left_without_a_row(pack: Pack) -> tuple[dict[str, Any], ...]:
    """Return the combinations for which the pack requires nothing, or no bed although one is needed."""
    return tuple(facts for facts in combinations(pack) if not _is_covered(pack, facts))


def _is_covered(pack: Pack, facts: dict[str, Any]) -> bool:
    rows = evaluate(pack, normalise(facts, None)).rows
    bed = any(pack.services[row.service_type].is_shelter for row in rows)
    return bool(rows) and (bed or not facts["needs_shelter"])
