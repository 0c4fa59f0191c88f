"""Every route by every role by every position towards one case. A route without a row, or a row without a route, fails.

Bodies are wrong on purpose wherever a route reads one: whoever is let in gets 422, so nothing changes, and whoever is
not must be told 404 or 403 before anybody looked at the body.
"""

from __future__ import annotations

import asyncio
import importlib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from unavez_local.composition import PACKAGES
from unavez_shared.contracts.actor import Role
from unavez_shared.web.guard import gated_routes
from unavez_shared.web.problems import NOT_FOUND_BODY

F, A, C, E, S, O = (  # noqa: E741  (one letter a role keeps the table readable)
    Role.FRONTLINE,
    Role.AGENCY,
    Role.COORDINATOR,
    Role.DIRECTORY_EDITOR,
    Role.STATISTICS,
    Role.OPERATOR,
)
EVERYBODY = frozenset(Role)
WRONG_BODY = {"a field nobody declared": 1}

Who = Mapping[str, frozenset[Role]]
"""Position → roles."""


@dataclass(frozen=True)
class Row:
    """What one route answers."""

    roles: frozenset[Role]
    """Who may, once the record is theirs; empty = public."""
    status: int
    """What they get: 422 where the (wrong) body is looked at."""
    finds: Who | None = None
    """Item routes: who finds the record at all; everybody else gets the one 404. None = a collection."""
    shows: Mapping[str, Who] = field(default_factory=dict)
    """Collections: id of the case → who sees it in the answer, and nobody else who may read."""
    body: Mapping[str, Any] | None = field(default_factory=lambda: dict(WRONG_BODY))


def roles(*given: Role) -> frozenset[Role]:
    return frozenset(given)


TEAM = {"worker": roles(F, C), "colleague": roles(C)}
"""Its interviewers and the coordinators of their organization, in these roles only."""
DUTY = {"duty": roles(C)}
"""Whose a third party's report is: the coordinators of the duty organization, and no organization of its author's."""
HOLDER = {"holder": EVERYBODY}
HOLDER_OR_TEAM = {"holder": roles(A), **TEAM}
SUBSCRIBER = {"holder": EVERYBODY - roles(C)}
"""The agency's feed. Its coordinators' is another one, and a worker has none that could be sent away."""
ANYBODY = dict.fromkeys(("worker", "colleague", "holder", "rival", "outsider"), EVERYBODY)

ROWS: dict[str, Row] = {
    "POST /intake/v1/intakes": Row(roles(F), 422),
    "GET /intake/v1/intakes/{intake_id}": Row(roles(F), 200, finds={"worker": EVERYBODY}),
    "GET /intake/v1/packets/{referral_id}": Row(roles(A), 200, finds=HOLDER),
    "GET /intake/v1/referrals/{referral_id}/sheet": Row(roles(F, C), 200, finds={"worker": EVERYBODY - roles(C)}),
    "GET /intake/v1/vocabularies": Row(roles(F, C), 200),
    "GET /intake/v1/consent-texts": Row(roles(F, C), 200),
    "POST /router/v1/plans/preview": Row(roles(F, C), 422),
    "GET /router/v1/cases/{case_id}/plan": Row(roles(F, C), 200, finds=TEAM),
    "PUT /router/v1/cases/{case_id}/focal-point": Row(roles(F, C), 422, finds=TEAM),
    "POST /router/v1/plans/{plan_id}/confirmation": Row(roles(F, C), 422, finds=TEAM),
    "GET /router/v1/referrals": Row(roles(A, F, C), 200, shows={"referral_id": HOLDER_OR_TEAM}),
    "GET /router/v1/referrals/{referral_id}": Row(roles(A, F, C), 200, finds=HOLDER_OR_TEAM),
    "POST /router/v1/referrals/{referral_id}/transitions": Row(roles(A, F, C), 422, finds=HOLDER_OR_TEAM),
    "GET /router/v1/tasks": Row(roles(F, C), 200, shows={"task_id": TEAM}),
    "POST /router/v1/tasks/{task_id}/completion": Row(roles(F, C), 422, finds=TEAM),
    "GET /router/v1/unmet-needs": Row(roles(C), 200, shows={"case_id": TEAM}),
    "GET /router/v1/protocol": Row(EVERYBODY, 200),
    "GET /notifier/v1/events": Row(
        roles(A, F, C),
        200,
        shows={"referral_id": {"holder": roles(A)}, "case_id": TEAM},
    ),
    "GET /notifier/v1/schemas/{schema}": Row(roles(), 200),
    "GET /notifier/v1/subscriptions": Row(roles(A, C), 200, shows={"subscription_id": {"holder": roles(A)}}),
    "POST /notifier/v1/subscriptions": Row(roles(A, C), 422),
    "GET /notifier/v1/subscriptions/{subscription_id}": Row(roles(A, C), 200, finds=SUBSCRIBER),
    "PATCH /notifier/v1/subscriptions/{subscription_id}": Row(roles(A, C), 422, finds=SUBSCRIBER),
    "DELETE /notifier/v1/subscriptions/{subscription_id}": Row(roles(A, C), 204, finds=SUBSCRIBER),
    "GET /notifier/v1/subscriptions/{subscription_id}/deliveries": Row(roles(A, C), 200, finds=SUBSCRIBER),
    "POST /notifier/v1/subscriptions/{subscription_id}/replay": Row(roles(A, C), 422, finds=SUBSCRIBER),
    "POST /notifier/v1/subscriptions/{subscription_id}/rotate-secret": Row(roles(A, C), 200, finds=SUBSCRIBER),
    "POST /notifier/v1/subscriptions/{subscription_id}/test": Row(roles(A, C), 202, finds=SUBSCRIBER),
    "GET /directory/v1/exports": Row(roles(E), 200),
    "POST /directory/v1/imports": Row(roles(E), 422),
    "PUT /directory/v1/services/{service_id}/capacity": Row(roles(A), 422, finds=HOLDER),
    "GET /directory/": Row(roles(), 200),
    "GET /directory/hsds.json": Row(roles(), 200),
    **{
        f"{method} /directory/{name}": Row(roles(), 200, body={})
        for name in ("organizations", "services", "service_at_locations", "taxonomies", "taxonomy_terms")
        for method in ("GET", "POST")
    },
    "GET /directory/organizations/{organization_id}": Row(roles(), 200, finds=ANYBODY),
    "GET /directory/services/{service_id}": Row(roles(), 200, finds=ANYBODY),
    "GET /directory/service_at_locations/{link_id}": Row(roles(), 200, finds=ANYBODY),
    "GET /directory/taxonomies/{taxonomy_id}": Row(roles(), 200, finds=ANYBODY),
    "GET /directory/taxonomy_terms/{term_id}": Row(roles(), 200, finds=ANYBODY),
    **{
        f"GET {service.path}{path}": Row(roles(), 200)
        for service in PACKAGES
        for path in ("/health/live", "/health/ready", "/openapi.json", "/docs")
    },
}
REPORTED: dict[str, Row] = {
    **{
        name: replace(ROWS[name], finds={"holder": readers, **DUTY})
        for name, readers in (
            ("GET /router/v1/referrals/{referral_id}", roles(A)),
            ("POST /router/v1/referrals/{referral_id}/transitions", roles(A)),
        )
    },
    **{
        name: replace(ROWS[name], finds=finds)
        for name, finds in (
            ("GET /intake/v1/intakes/{intake_id}", {}),
            ("GET /intake/v1/referrals/{referral_id}/sheet", DUTY),
            ("GET /intake/v1/packets/{referral_id}", HOLDER),
            ("GET /router/v1/cases/{case_id}/plan", DUTY),
            ("PUT /router/v1/cases/{case_id}/focal-point", DUTY),
            ("POST /router/v1/plans/{plan_id}/confirmation", DUTY),
            ("POST /router/v1/tasks/{task_id}/completion", DUTY),
        )
    },
    **{
        name: replace(ROWS[name], shows=shows)
        for name, shows in (
            ("GET /router/v1/referrals", {"referral_id": {"holder": roles(A), **DUTY}, "case_id": DUTY}),
            ("GET /router/v1/tasks", {"task_id": DUTY}),
            ("GET /notifier/v1/events", {"referral_id": {"holder": roles(A), **DUTY}, "case_id": DUTY}),
        )
    },
}
"""What somebody else reported: its author and all of its author's organization find nothing of it (SAFETY N10)."""
GATED = sorted(name for name, row in ROWS.items() if row.roles)
ITEMS = sorted(name for name, row in ROWS.items() if row.finds is not None)
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_route_of_every_service_has_a_row_and_every_row_a_route() -> None:
    found = {
        f"{route.method} {service.path}{route.path}"
        for service, package in PACKAGES.items()
        for route in gated_routes(importlib.import_module(f"{package}.app").create_document_app())
    }
    assert {name for name in found if not name.startswith("HEAD ")} == set(ROWS)


async def test_the_documents_name_the_roles_of_the_rows(cast: Any) -> None:
    documented: dict[str, frozenset[Role]] = {}
    for service in PACKAGES:
        document = cast.world.get(f"{service.path}/openapi.json").json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                named = frozenset(Role(role) for role in operation.get("x-roles", []))
                documented[f"{method.upper()} {service.path}{path}"] = named
    hidden = {name for name in ROWS if name.endswith(("/openapi.json", "/docs", "/hsds.json"))}
    assert documented == {name: row.roles for name, row in ROWS.items() if name not in hidden}


@pytest.mark.parametrize("name", GATED)
async def test_each_role_in_each_position_gets_the_answer_of_the_row(cast: Any, name: str) -> None:
    row = ROWS[name]
    if name.startswith("DELETE"):
        cast.ids["subscription_id"] = cast.subscribe()
    tried = [(position, role) for position in cast.positions for role in Role]
    expected = {who: _expected(row, *who) for who in tried}
    async with _client() as client:
        # What is let in comes last: it may change or end the record.
        refused = [who for who in tried if expected[who] >= 400]
        answers = dict(zip(refused, await _ask_all(client, cast, name, refused, cast.ids), strict=True))
        for who in tried:
            if who not in answers:
                answers[who] = await _ask(client, cast, name, who, cast.ids)
    assert {who: answer.status_code for who, answer in answers.items()} == expected
    for who, answer in answers.items():
        _assert_headers(answer)
        for marker, readers in row.shows.items() if answer.status_code == 200 else ():
            assert (cast.ids[marker] in answer.text) == (who[1] in readers.get(who[0], ())), (who, marker)
        if who[1] is Role.AGENCY:
            assert not any(secret in answer.text for secret in cast.linking), who
    if name.startswith("DELETE"):
        cast.ids["subscription_id"] = cast.subscribe()


@pytest.mark.parametrize("name", sorted(REPORTED))
async def test_a_third_partys_report_is_its_authors_nowhere_and_the_duty_coordinators_everywhere(
    reported: Any, name: str
) -> None:
    row = REPORTED[name]
    tried = [(position, role) for position in reported.positions for role in Role]
    async with _client() as client:
        answers = dict(zip(tried, await _ask_all(client, reported, name, tried, reported.ids), strict=True))
    assert {who: answer.status_code for who, answer in answers.items()} == {who: _expected(row, *who) for who in tried}
    for who, answer in answers.items():
        if answer.status_code == 404:
            assert answer.content == NOT_FOUND_BODY, who
        for marker, readers in row.shows.items() if answer.status_code == 200 else ():
            assert (reported.ids[marker] in answer.text) == (who[1] in readers.get(who[0], ())), (who, marker)
        if who[1] is Role.AGENCY or who[0] == "author":
            assert not any(secret in answer.text for secret in reported.linking), who


@pytest.mark.parametrize("name", ITEMS)
async def test_a_foreign_id_a_random_id_and_no_id_are_the_same_bytes(cast: Any, name: str) -> None:
    row = ROWS[name]
    finds = row.finds or {}
    if row.roles:
        tried = [(p, r) for p in cast.positions for r in Role if r not in finds.get(p, ())]
        foreign = cast.ids
    else:
        tried = [(position, role) for position in cast.positions for role in (Role.AGENCY, Role.DIRECTORY_EDITOR)]
        foreign = cast.ids | cast.hidden
    parameter = name.partition("{")[2].partition("}")[0]
    if not row.roles and parameter not in cast.hidden:
        foreign = foreign | {parameter: str(uuid4())}
    async with _client() as client:
        answers = await asyncio.gather(
            *(
                _ask_all(client, cast, name, tried, ids)
                for ids in (foreign, {parameter: str(uuid4())}, {parameter: "no-id"})
            )
        )
    for who, theirs, random, malformed in zip(tried, *answers, strict=True):
        assert (theirs.status_code, theirs.content) == (404, NOT_FOUND_BODY), who
        assert _visible(theirs) == _visible(random), who
        assert (malformed.status_code, malformed.content) == (404, NOT_FOUND_BODY), who
        _assert_headers(theirs)


READ_ITEMS = [name for name in ITEMS if ROWS[name].roles and name.startswith("GET")]


@pytest.mark.parametrize("name", READ_ITEMS)
async def test_what_is_not_theirs_is_404_before_the_query_is_read(cast: Any, name: str) -> None:
    method, _, path = name.partition(" ")
    url = cast.world.url(path.format(**cast.ids)) + "?wait=x&limit=-1&no_such_parameter=1"
    async with _client() as client:
        answer = await client.request(method, url, headers=cast.headers("outsider", Role.AGENCY))
    assert (answer.status_code, answer.content) == (404, NOT_FOUND_BODY)


@pytest.mark.parametrize("name", GATED)
async def test_without_a_token_everything_is_one_401(cast: Any, name: str) -> None:
    async with _client() as client:
        own = await _send(client, cast, name, cast.ids, {})
        random = await _send(client, cast, name, {name: str(uuid4()) for name in cast.ids}, {})
    assert own.status_code == 401
    assert own.headers["www-authenticate"] == 'Bearer realm="unavez"'
    assert _visible(own) == _visible(random)
    _assert_headers(own)


@pytest.mark.parametrize("name", sorted(set(ROWS) - set(GATED)))
async def test_what_is_public_is_the_same_for_everybody(cast: Any, name: str) -> None:
    async with _client() as client:
        anonymous = await _send(client, cast, name, cast.ids, {})
        known = await _send(client, cast, name, cast.ids, cast.headers("worker", Role.FRONTLINE))
        invalid = await _send(client, cast, name, cast.ids, {"Authorization": "Bearer x"})
    assert anonymous.status_code == ROWS[name].status
    assert anonymous.content == known.content == invalid.content
    assert cast.ids["case_id"] not in anonymous.text
    _assert_headers(anonymous, public=True)


def _expected(row: Row, position: str, role: Role) -> int:
    if row.finds is not None and role not in row.finds.get(position, ()):
        return 404
    return row.status if role in row.roles else 403


def _client() -> httpx.AsyncClient:
    # Nothing here speaks TLS: a context without certificates costs nothing, the usual one is read anew for each client.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=60), verify=context)


async def _ask_all(
    client: httpx.AsyncClient, cast: Any, name: str, tried: list[tuple[str, Role]], ids: Mapping[str, str]
) -> list[httpx.Response]:
    return list(await asyncio.gather(*(_ask(client, cast, name, who, ids) for who in tried)))


async def _ask(
    client: httpx.AsyncClient, cast: Any, name: str, who: tuple[str, Role], ids: Mapping[str, str]
) -> httpx.Response:
    return await _send(client, cast, name, ids, cast.headers(*who))


async def _send(
    client: httpx.AsyncClient, cast: Any, name: str, ids: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Response:
    method, _, path = name.partition(" ")
    body = None if method in {"GET", "DELETE"} else ROWS[name].body
    return await client.request(method, cast.world.url(path.format(**ids)), headers=headers, json=body)


def _visible(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    # A request id says nothing: random, of one shape, as many bytes in every answer.
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    return answer.status_code, answer.content, headers


def _assert_headers(answer: httpx.Response, *, public: bool = False) -> None:
    headers = answer.headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "default-src 'none'" in headers["content-security-policy"]
    if not public:
        assert headers["cache-control"] == "no-store"
    assert not [name for name in headers if name.startswith(("access-control-", "server", "x-powered-by"))]
    if answer.status_code >= 400:
        assert headers["content-type"] == "application/problem+json"
