from __future__ import annotations

from unavez_intake.api.reference import _vocabularies
from unavez_shared.contracts.errors import MOST_ALLOWED
from unavez_shared.protocol import load_pack


def test_every_list_too_long_for_an_error_is_in_the_route_the_error_names() -> None:
    pack, shown = load_pack("pe"), _vocabularies()
    for name, codes in (("languages", pack.languages), ("countries", pack.countries)):
        assert len(codes) > MOST_ALLOWED
        assert set(shown[name]) == set(codes)
    facts = [spec for spec in pack.facts.values() if spec.values]
    assert all(len(known) <= MOST_ALLOWED for known in (pack.services, pack.categories, *(f.values for f in facts)))
