"""The public services of one link of the chain."""

from __future__ import annotations

from uuid import UUID

from unavez_referral_router.domain.matching.candidates import Candidate, public_candidates
from unavez_referral_router.domain.matching.directory import Directory
from unavez_referral_router.domain.matching.languages import Spoken
from unavez_referral_router.domain.matching.misfit import Misfit
from unavez_referral_router.domain.matching.search import Search, choices
from unavez_referral_router.domain.matching.service import Service
from unavez_shared.protocol.model import Fallback, Mode
from unavez_tests.referral_parts import CANCHIS, CUSCO, LIMA, a_house, a_person, a_search, a_service

FIRST, LAST = UUID(int=1), UUID(int=2)
"""Ids: where nothing else decides, the smaller one stands first."""


def first_link(search: Search, *services: Service) -> tuple[list[Candidate], list[Misfit]]:
    fitting, misfits = public_candidates(next(iter(choices(search))), search, Directory(services))
    return [candidate for _, candidate in fitting], misfits


def ids(candidates: list[Candidate]) -> list[UUID | None]:
    return [candidate.service_id for candidate in candidates]


def test_the_one_with_more_points_stands_first() -> None:
    far, near = a_service(service_id=FIRST, district="150201"), a_service(service_id=LAST)
    assert ids(first_link(a_search(), far, near)[0]) == [LAST, FIRST]


def test_equal_ones_stand_in_the_order_of_their_ids() -> None:
    same = [a_service() for _ in range(4)]
    assert ids(first_link(a_search(), *same)[0]) == sorted(service.service_id for service in same)


def test_whom_she_avoids_stands_last_however_near_where_the_refusal_does_not_count() -> None:
    near, far = a_service(service_id=FIRST), a_service(service_id=LAST, district="150201")
    search = a_search(avoided_organizations=frozenset({near.organization_id}), last_resort=True)
    assert ids(first_link(search, near, far)[0]) == [LAST, FIRST]


def test_an_interpreter_to_be_confirmed_stands_after_one_who_speaks_her_language_elsewhere() -> None:
    person = a_person(spoken=Spoken("quz", "indigenous"))
    perhaps = a_service("ACC-CIT", service_id=FIRST, languages=frozenset({"que"}))
    surely = a_service("ACC-CIT", service_id=LAST, languages=frozenset({"quz"}), district="150201")
    assert ids(first_link(a_search("ACC-CIT", person=person), perhaps, surely)[0]) == [
        surely.service_id,
        perhaps.service_id,
    ]


def test_of_those_in_other_regions_with_the_same_points_the_nearer_stands_first() -> None:
    search = a_search(
        "X-1", place=CUSCO, person=a_person(current=CUSCO), fallbacks=(Fallback("B-1", Mode.OTHER_REGION),)
    )
    lima = a_service("B-1", service_id=FIRST, district=LIMA, served=("PE",))
    abancay = a_service("B-1", service_id=LAST, district="030101", served=("PE",))
    elsewhere = list(choices(search))[1]
    found, _ = public_candidates(elsewhere, search, Directory([lima, abancay]))
    assert [service.district for service, _ in found] == ["030101", LIMA]


def test_a_hidden_house_is_never_among_public_services() -> None:
    candidates, misfits = first_link(a_search("SHL-HRT"), a_house())
    assert (candidates, misfits) == ([], [])


def test_why_the_others_cannot_take_her_is_kept_those_of_other_departments_too() -> None:
    candidates, misfits = first_link(a_search(), a_service(available=0), a_service(served=("08",), district=CANCHIS))
    assert candidates == []
    assert sorted(misfits) == [Misfit.OUT_OF_AREA, Misfit.FULL]
