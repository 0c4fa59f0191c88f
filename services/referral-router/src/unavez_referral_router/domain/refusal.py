"""Her refusal and where the law overrides it: suppression > refusal > vital interest > duty > consent (SAFETY N11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from unavez_referral_router.domain.person import Person
from unavez_shared.protocol.model import Basis, RequiredRow


@dataclass(frozen=True, slots=True)
class Refusal:
    """What "not them" means for one row."""

    may_be_overridden: bool
    """The row goes on all the same: vital interest of a minor or of someone who cannot answer, duty for a minor."""
    refused_type: bool
    """She named this service type."""

    @property
    def counts(self) -> bool:
        """Whether nobody is asked for this row."""
        return self.refused_type and not self.may_be_overridden

    @property
    def overridden(self) -> bool:
        """Whether the row goes on against her word: she is told first."""
        return self.refused_type and self.may_be_overridden


def refusal_of(
    required: RequiredRow, avoided_types: Collection[str], person: Person, facts: Mapping[str, Any]
) -> Refusal:
    """Apply the precedence. Someone a third party reports about is not there to answer."""
    cannot_answer = person.minor or facts.get("third_party") is True
    overridable = (required.basis is Basis.VITAL_INTEREST and cannot_answer) or (
        required.basis is Basis.LEGAL_DUTY and person.minor
    )
    return Refusal(may_be_overridden=overridable, refused_type=required.service_type in avoided_types)
