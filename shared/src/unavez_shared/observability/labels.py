"""The allow-list of metric labels: which labels exist, and every value each of them may ever have (SAFETY N9).

Metrics are kept for months by people who may read nothing else here. So they count events and measure waiting; they
never say for which kind of help, for whom, or where. A label that is not in `ALLOWED` cannot be made, and no value
outside its vocabulary can be given: there is no label for a service type, an organization, a place, a person or an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from unavez_shared.contracts.channels import CHANNEL_NAMES
from unavez_shared.contracts.events import CATALOGUE
from unavez_shared.contracts.services import Service
from unavez_shared.version import VERSION

OTHER: Final = "other"
"""What is counted without a name of its own: an unknown method, a path that is no route."""

REASONS: Final = frozenset({"bad_signature", "wrong_version", "decoding_failed", "not_subscribed", "handler_failed"})
"""Why a message is parked. `bad_signature` is an alarm (SAFETY N6)."""

Vocabulary = frozenset[str] | re.Pattern[str]

ALLOWED: Final[Mapping[str, Vocabulary]] = {
    "service": frozenset(service.value for service in Service),
    "method": frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER}),
    # A template of ours, never a path: `HttpMeasures` names only routes the app declares, and each of those
    # has this form. A segment has no digit (but `v1`) and no capital, so an id, a code or a UBIGEO is none.
    "route": re.compile(rf"{OTHER}|/|(?:/(?:v1|[a-z_-]+(?:\.json)?|\{{[a-z_]+\}}))+"),
    "status": frozenset({"1xx", "2xx", "3xx", "4xx", "5xx", "none"}),
    "family": frozenset(event.family for event in CATALOGUE.values()),
    "reason": REASONS,
    "channel": frozenset(CHANNEL_NAMES),
    "outcome": frozenset({"delivered", "retry", "exhausted", "gone", "fault"}),
    "timer": frozenset({"answer", "call"}),
    "installation": frozenset({"demo", "real"}),
    "version": frozenset({VERSION}),
}
"""Label → its closed vocabulary. The only other label on `/metrics` is `le`, a histogram's own bounds in numbers."""


class LabelNotAllowedError(ValueError):
    """A label, or the value of one, that is not in the allow-list. Its text repeats no value."""


def check_names(names: Iterable[str]) -> None:
    """Raise `LabelNotAllowedError` unless every label is in the allow-list."""
    for name in names:
        if name not in ALLOWED:
            raise LabelNotAllowedError(f"metrics have no label {name!r}: see observability/labels.py")


def check_value(name: str, value: object) -> None:
    """Raise `LabelNotAllowedError` unless `value` belongs to the vocabulary of label `name`."""
    if not is_allowed(name, value):
        raise LabelNotAllowedError(f"a value outside the vocabulary of label {name!r}: see observability/labels.py")


def is_allowed(name: str, value: object) -> bool:
    """Tell whether label `name` exists and may have `value`."""
    vocabulary = ALLOWED.get(name)
    if vocabulary is None or not isinstance(value, str):
        return False
    return value in vocabulary if isinstance(vocabulary, frozenset) else vocabulary.fullmatch(value) is not None
