"""Who receives offers, by name and contact: shown to her team, beside the ids."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receiver:
    """An organization that receives offers, as the directory last described it."""

    name: str
    phone: str | None = None
    email: str | None = None
