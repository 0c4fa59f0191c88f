"""The preview asks what the intake will be asked: the same names with the same types, so neither refuses alone."""

from __future__ import annotations

import pytest

from unavez_intake.api.intake_body import IntakeBody
from unavez_referral_router.api.preview import PreviewBody


@pytest.mark.parametrize("name", sorted(PreviewBody.model_fields))
def test_field_is_read_alike(name: str) -> None:
    preview, intake = PreviewBody.model_fields[name], IntakeBody.model_fields[name]
    assert preview.annotation == intake.annotation
    assert preview.metadata == intake.metadata
    assert preview.is_required() == intake.is_required()
