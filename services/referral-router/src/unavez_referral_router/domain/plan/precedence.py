"""Her refusal and where the law overrides it: suppression > refusal > vital interest > duty > consent (SAFETY N11).

What a third party wants avoided is no refusal of hers and never comes here (`assembly`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from unavez_referral_router.domain.matching.person import Person
from unavez_shared.protocol.model import Basis, RequiredRow


@dataclass(frozen=True, slots=True)
class Refusal:
    """What "not them" means for one row."""

    may_be_overridden: bool
    """The row goes on all the same: vital interest of a minor, duty for a minor."""
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


def refusal_of(required: RequiredRow, avoided_types: Collection[str], person: Person) -> Refusal:
    """Apply the precedence."""
    overridable = person.minor and required.basis is not Basis.CONSENT
    return Refusal(may_be_overridden=overridable, refused_type=required.service_type in avoided_types)
