"""Names beside ids: public ones in every list, a front door's with the offer alone, and none in what is digested."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from unavez_referral_router.adapters.projection import receivers_of
from unavez_referral_router.api.names import name_candidates, name_receivers, name_service
from unavez_referral_router.api.plan_view import preview_view
from unavez_referral_router.api.referral_view import team_view
from unavez_referral_router.domain.matching.directory import Directory, Receiver
from unavez_referral_router.domain.referrals.events import state_of
from unavez_shared.contracts.event_data import ServiceState

GIRL = {"age": 15, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
WOMAN = {"age": 29, "gender": "F", "incident": ["TRAF"], "needs_shelter": True}
CUSCO = {"current": "080101"}


def named(plan: Any, directory: Directory) -> dict[UUID, str | None]:
    """Return the name beside each organization a preview lists."""
    view = name_candidates(preview_view(plan), directory)
    return {
        candidate["organization_id"]: candidate["organization_name"]
        for row in view["referrals"]
        for candidate in row["candidates"]
    }


def test_25_previews_name_no_front_door_that_runs_nothing_in_public(
    plan_of: Any, directory: Directory, demo_states: list[ServiceState]
) -> None:
    public = {state.organization_id for state in demo_states if state.tier == "public"}
    for department in range(1, 26):
        seen = named(plan_of(GIRL, {"current": f"{department:02}0101"}), directory)
        assert seen.keys() - public
        assert all((name is not None) == (organization in public) for organization, name in seen.items())


def test_a_front_door_is_named_as_long_as_it_runs_a_public_service(
    directory: Directory, demo_states: list[ServiceState]
) -> None:
    hidden = {state.front_door_organization_id for state in demo_states if state.tier != "public"}
    door = next(
        state.organization_id for state in demo_states if state.tier == "public" and state.organization_id in hidden
    )
    receiver = directory.receiver(door)
    assert receiver is not None
    assert directory.public_name(door) == receiver.name
    own = [state.service_id for state in demo_states if state.organization_id == door and state.tier == "public"]
    closed = directory.updated(dict.fromkeys(own))
    assert (closed.public_name(door), closed.receiver(door)) == (None, receiver)


def test_a_rename_voids_no_preview_that_was_shown(plan_of: Any, directory: Directory) -> None:
    shown = plan_of(WOMAN, CUSCO)
    others = {door: Receiver("Otro nombre (ficticio)") for door in named(shown, directory)}
    renamed = directory.updated({}, others)
    again = plan_of(WOMAN, CUSCO, within=renamed, shown_digest=shown.digest)
    assert again.digest == shown.digest
    assert all(row.shown for row in again.rows)
    assert set(named(again, renamed).values()) == {"Otro nombre (ficticio)"}


def test_a_draft_names_nobody_and_an_offer_names_whoever_was_asked(open_of: Any, directory: Directory) -> None:
    for confirmed_by in (None, "CW-12"):
        dossier = open_of(GIRL, CUSCO, confirmed_by=confirmed_by)
        row = next(row for row in dossier.plan.rows if row.service_type == "SHL-CARE")
        (referral,) = dossier.of_row(row)
        view = team_view(referral, "https://unavez.example", demo=True)
        if confirmed_by is None:
            view["organization_id"] = row.candidates[0].organization_id  # a draft would not tell even if it knew
        shown = name_receivers(view, directory)
        receiver = None if confirmed_by is None else directory.receiver(row.candidates[0].organization_id)
        assert shown["organization_name"] == (receiver and receiver.name)
        assert shown["organization_contact"] == (receiver and {"phone": receiver.phone, "email": receiver.email})
        assert (receiver is None) or receiver.phone


def said_of(dossier: Any, referral: Any, directory: Directory) -> tuple[Any, Any]:
    """Return service id and name as the receiver's event, and as every answer, has them."""
    state = state_of(dossier, referral)
    view = name_service(team_view(referral, "https://unavez.example", demo=True), referral, directory)
    assert (view["service_id"], view["service_name"]) == (state.service_id, state.service_name)
    return state.service_id, state.service_name


def test_an_offer_says_for_which_service_of_the_receivers_it_is_and_of_a_front_door_nothing(
    open_of: Any, directory: Directory
) -> None:
    seen = set()
    for facts in (GIRL, WOMAN):
        dossier = open_of(facts, CUSCO)
        for referral in [referral for referral in dossier.referrals.values() if referral.organization_id]:
            first = dossier.row_of(referral).candidates[0]
            service = None if first.service_id is None else directory.get(first.service_id)
            expected = (None, None) if service is None else (service.service_id, service.name)
            assert said_of(dossier, referral, directory) == expected
            assert referral.service_id is not None, "a front door's referral keeps a house: it must not leave"
            seen.add((referral.service_type.startswith("SHL-"), service is None))
    assert seen == {(True, True), (False, False)}


def test_a_service_that_was_hidden_or_closed_since_the_offer_is_not_said_nor_one_that_was_hidden_then(
    open_of: Any, directory: Directory
) -> None:
    dossier = open_of(GIRL, CUSCO)
    public = next(one for one in dossier.referrals.values() if one.organization_id and one.service_type == "PRO-UPE")
    service = directory.get(public.service_id)
    assert service is not None
    for change in (replace(service, confidential=True), replace(service, organization_id=uuid4()), None):
        dossier.directory = directory.updated({service.service_id: change})
        assert said_of(dossier, public, dossier.directory) == (None, None)
    sheltered = next(one for one in dossier.referrals.values() if one.service_type == "SHL-CARE")
    house = directory.get(sheltered.service_id)
    assert house is not None
    opened = replace(house, confidential=False, organization_id=house.receiver_id)
    dossier.directory = directory.updated({house.service_id: opened})
    assert dossier.service_of(sheltered) is None


def test_the_house_itself_is_no_receiver_and_what_was_published_before_names_has_none(
    demo_states: list[ServiceState],
) -> None:
    house = next(state for state in demo_states if state.service_type == "SHL-CARE")
    assert receivers_of([house]).keys() == {house.front_door_organization_id}
    before = house.model_dump(mode="json")
    for field in ("organization_name", "front_door_name", "front_door_phone", "front_door_email"):
        del before[field]
    assert receivers_of([ServiceState.model_validate(before)]) == {}
    later = house.model_copy(update={"service_id": uuid4(), "front_door_name": "Nuevo (ficticio)"})
    assert receivers_of([house, later])[house.front_door_organization_id].name == "Nuevo (ficticio)"
