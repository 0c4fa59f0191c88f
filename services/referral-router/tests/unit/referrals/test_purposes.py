"""What a receiver is asked for, in one neutral sentence."""

from __future__ import annotations

import re

import pytest

from unavez_referral_router.domain.referrals.purposes import purpose_of
from unavez_shared.protocol.vocabulary import SERVICE_TYPES

WHY = re.compile(r"trata|violen|explota|sexual|delito|agres|abus|denunci", re.IGNORECASE)


@pytest.mark.parametrize("service_type", sorted(SERVICE_TYPES))
def test_no_sentence_says_why_she_needs_the_service(service_type: str) -> None:
    sentence = purpose_of(service_type)
    assert sentence
    assert WHY.search(sentence) is None


def test_a_service_has_its_own_sentence_else_that_of_its_family_else_one_for_all() -> None:
    assert purpose_of("HLT-EMER") == "Atención de salud inmediata"
    assert purpose_of("HLT-NEW") == "Atención de salud"
    assert purpose_of("XXX-NEW") == "Atención solicitada"
