"""A mistyped setting is noticed: read by nobody, it would leave the default in force."""

from __future__ import annotations

import pytest

from unavez_shared.environment import KNOWN, unknown


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("UNAVEZ_PROT", "UNAVEZ_PORT"),
        ("UNAVEZ_OIDC_ISUER", "UNAVEZ_OIDC_ISSUER"),
        ("unavez_demmo", "UNAVEZ_DEMO"),
        ("UNAVEZ_KEKFILE", "UNAVEZ_KEK_FILE"),
        ("UNAVEZ_SOMETHING_ELSE", None),
    ],
)
def test_a_name_nobody_reads_is_found_with_the_one_that_was_meant(name: str, meant: str | None) -> None:
    assert unknown([name]) == [(name, meant)]


def test_every_known_name_in_either_case_and_what_is_not_ours_pass() -> None:
    assert unknown([*KNOWN, *(name.lower() for name in KNOWN), "PATH", "UNAVEZ", "MY_UNAVEZ_PORT"]) == []
