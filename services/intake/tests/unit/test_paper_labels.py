"""What stands on paper: a place by its name, and nothing else taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from unavez_intake.api.paper_labels import value_text

TAMBOPATA = "Tambopata (Madre de Dios, 170101)"


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/identity", {"name": "Persona Ficticia", "document": {"type": "OTHER", "number": "170101"}}),
        ("/safe_contact", {"value": "170101"}),
        ("/legal_address", "170101"),
        ("/places/current_exact", "170101"),
        ("/account_summary", "170101"),
        ("/evidence", [{"ref": "170101", "kind": "acta"}]),
        ("/sites", [{"alias": "170101", "km": "170101"}]),
    ],
)
def test_a_document_number_is_never_printed_as_a_district(pointer: str, value: Any) -> None:
    printed = value_text(pointer, value)
    assert "170101" in printed
    assert "Tambopata" not in printed


@pytest.mark.parametrize(
    ("pointer", "value", "printed"),
    [
        ("/places/current", "170101", TAMBOPATA),
        ("/places/exploitation", ["170101", "BO"], f"{TAMBOPATA}\nBO"),
        ("/sites", [{"ubigeo": "170101", "km": "98"}], f"ubigeo: {TAMBOPATA}\nkm: 98"),
        ("/derived/within_72_hours", True, "sí"),
    ],
)
def test_a_place_is_printed_by_its_name(pointer: str, value: Any, printed: str) -> None:
    assert value_text(pointer, value) == printed
