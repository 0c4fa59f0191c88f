"""The protocol: rules as versioned data, read once, evaluated by a pure function.

The names most callers need; the vocabularies, places and packets have modules of their own.
"""

from unavez_shared.protocol.evaluate import evaluate, unknown_guards
from unavez_shared.protocol.facts import Facts, normalise
from unavez_shared.protocol.loader import load_pack, load_pack_from
from unavez_shared.protocol.model import (
    Basis,
    ConstraintRow,
    Evaluation,
    Fallback,
    Hold,
    Kind,
    Mode,
    Pack,
    RequiredRow,
    Rule,
    SuppressedRow,
    TaskRow,
)
from unavez_shared.protocol.source import PackError

__all__ = [
    "Basis",
    "ConstraintRow",
    "Evaluation",
    "Facts",
    "Fallback",
    "Hold",
    "Kind",
    "Mode",
    "Pack",
    "PackError",
    "RequiredRow",
    "Rule",
    "SuppressedRow",
    "TaskRow",
    "evaluate",
    "load_pack",
    "load_pack_from",
    "normalise",
    "unknown_guards",
]
