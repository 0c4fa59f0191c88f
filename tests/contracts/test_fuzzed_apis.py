"""schemathesis on every OpenAPI document, against the whole product: no 500, nothing undocumented.

Ids are random in the normal set, so an item is never found. The long mode sends what the document forbids too, and
asks half of its questions as somebody of a case that exists: with its ids, and bodies right but for a few fields.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from unavez_directory.operations import demo_bundle
from unavez_referral_router.domain.referrals.states import STEPS, Party, Status
from unavez_referral_router.use_cases.tasks import Outcome
from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_shared.web.pagination import encode_cursor
from unavez_tests.cast import VIGNETTES, WORKER, Cast, intake_body, play
from unavez_tests.world import World, start_one_process

ORGANIZATION = UUID("00000000-0000-4000-8000-00000000f0f0")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HOOK = "http://127.0.0.1:9/hook"
"""Nobody answers there."""
IMPORT = "POST /v1/imports"
"""Replaces the directory, so it comes last."""


@dataclass(frozen=True)
class Mode:
    """How much is asked of each operation."""

    strangers: int
    """Cases whose ids nobody has."""
    insiders: int
    """Cases whose ids exist, by somebody they are open to."""
    generations: tuple[GenerationMode, ...]


SHORT = Mode(10, 0, (GenerationMode.POSITIVE,))
LONG = Mode(200, 200, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))


@dataclass
class Stage:
    """The product, and the cases in it that are open to insiders."""

    world: World
    mode: Mode
    casts: deque[Cast] = field(default_factory=lambda: deque(maxlen=5))
    made: int = 0

    def make_up_for(self, case: schemathesis.Case, response: Any, cast: Cast, headers: Mapping[str, str]) -> None:
        """Leave as much to be asked for as there was before."""
        label = case.operation.label
        if label == "POST /v1/subscriptions":
            # A feed has room for so many.
            self.world.client.delete(self.world.url(response.headers["location"][0]), headers=headers)
        elif label == "DELETE /v1/subscriptions/{subscription_id}":
            cast.ids["subscription_id"] = cast.subscribe()
        elif case.method != "GET" and {"case_id", "plan_id", "referral_id", "task_id"} & set(case.path_parameters):
            self.renew()

    def renew(self) -> None:
        """Make one more case, each of another kind and with another holder; the oldest one goes."""
        if len(self.casts) == self.casts.maxlen:
            oldest = self.casts[0]
            subscription = self.world.url(f"/notifier/v1/subscriptions/{oldest.ids['subscription_id']}")
            self.world.client.delete(subscription, headers=oldest.headers("holder", Role.AGENCY))
        turn, kind = divmod(self.made, len(VIGNETTES))
        self.casts.append(play(self.world, VIGNETTES[kind], which=turn))
        self.made += 1


@pytest.fixture(
    scope="module",
    params=[SHORT, pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(3600)])],
    ids=["short", "long"],
)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    world = start_one_process(tmp_path_factory.mktemp("fuzzed") / "data", free_port())
    stage = Stage(world, request.param)
    while stage.mode.insiders and len(stage.casts) < (stage.casts.maxlen or 0):
        stage.renew()
    yield stage
    assert world.stop() == [0]


@pytest.mark.parametrize("path", ["/intake", "/router", "/notifier", "/directory"])
def test_no_request_the_document_allows_or_forbids_breaks_the_service(stage: Stage, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{stage.world.bases[path]}{path}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    tokens = {role: stage.world.headers(role, ORGANIZATION) for role in Role}
    let_in: set[str] = set()
    for operation in sorted(operations, key=lambda operation: operation.label == IMPORT):
        _fuzz_as_strangers(operation, stage.mode, tokens)
        if stage.mode.insiders and _fuzz_as_insiders(operation, stage):
            let_in.add(operation.label)
    assert not stage.mode.insiders or let_in == {operation.label for operation in operations}


def _fuzz_as_strangers(
    operation: schemathesis.APIOperation, mode: Mode, tokens: Mapping[Role, Mapping[str, str]]
) -> None:
    # An unknown packet is waited for by contract, 3 s each, on paper as well; what is asked of it is not looked at.
    waits = "/packets/" in operation.path or operation.path.endswith("/sheet")

    @hypothesis.given(case=_cases(operation, mode), role=strategies.sampled_from(list(Role)))
    @_settings(2 if waits else mode.strangers)
    def every_answer_is_one_we_documented(case: schemathesis.Case, role: Role) -> None:
        _do_not_wait(case)
        case.validate_response(case.call(headers=tokens[role], timeout=20), checks=CHECKS)

    every_answer_is_one_we_documented()


def _fuzz_as_insiders(operation: schemathesis.APIOperation, stage: Stage) -> bool:
    """Return whether anything was let in."""
    let_in = False

    @hypothesis.given(case=_cases(operation, stage.mode), chance=strategies.randoms(use_true_random=True))
    @_settings(stage.mode.insiders)
    def every_answer_is_one_we_documented(case: schemathesis.Case, chance: Random) -> None:
        nonlocal let_in
        # The newest half of the time: nothing of it is done yet.
        cast = chance.choice([stage.casts[-1], chance.choice(stage.casts)])
        headers = cast.headers(*_who(operation, chance))
        _do_not_wait(case)
        _make_real(case, cast, chance)
        response = case.call(headers=headers, timeout=20)
        case.validate_response(response, checks=CHECKS)
        if response.status_code < 300:
            let_in = True
            stage.make_up_for(case, response, cast, headers)

    every_answer_is_one_we_documented()
    return let_in


def _settings(examples: int) -> Callable[[Any], Any]:
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def _cases(operation: schemathesis.APIOperation, mode: Mode) -> strategies.SearchStrategy[schemathesis.Case]:
    return strategies.one_of([operation.as_strategy(generation_mode=each) for each in mode.generations])


def _do_not_wait(case: schemathesis.Case) -> None:
    """Long polls answer late by contract: ask them for a tenth of a second."""
    wait = case.query.get("wait") if case.query else None
    if isinstance(wait, int | float) and wait > 0:
        case.query["wait"] = 0.1


def _who(operation: schemathesis.APIOperation, chance: Random) -> tuple[str, Role]:
    """Return a position and a role the route is open to."""
    roles = [Role(role) for role in operation.definition.raw.get("x-roles", Role)]
    # The team has a feed of its own; the subscription of a cast is its holder's.
    role = Role.AGENCY if "{subscription_id}" in operation.path else chance.choice(roles)
    return ("holder" if role is Role.AGENCY else "worker"), role


def _make_real(case: schemathesis.Case, cast: Cast, chance: Random) -> None:
    known = _known(cast, chance)
    case.path_parameters = {name: known[name] for name in case.path_parameters}
    if isinstance(case.query, dict):
        case.query = _with_known(case.query, known)
    right = RIGHT.get(case.operation.label)
    if right is not None and chance.random() < 0.9:
        body = right(cast, chance)
        given = _with_known(case.body, known) if isinstance(case.body, dict) else {}
        fields = sorted(set(given) - set(body) if chance.random() < 0.7 else given)
        chosen = chance.sample(fields, k=min(len(fields), chance.choice([0, 1, 2, 4, 100])))
        case.body = body | {name: given[name] for name in chosen}
        case.media_type = case.media_type or "application/json"


def _known(cast: Cast, chance: Random) -> dict[str, str]:
    """Return what exists, by the name it is asked for."""
    cursors = [encode_cursor(cast.ids["referral_id"]), encode_cursor(datetime.now(UTC), cast.ids["task_id"])]
    term_id = cast.ids["term_id"]
    return {**cast.ids, "taxonomy_term_id": term_id, "parent_id": term_id, "cursor": chance.choice(cursors)}


def _with_known(given: Any, known: Mapping[str, str]) -> Any:
    """Return what was generated, with ids that exist wherever one is named."""
    if isinstance(given, dict):
        return {name: known[name] if name in known else _with_known(value, known) for name, value in given.items()}
    if isinstance(given, list):
        return [_with_known(value, known) for value in given]
    return given


def _intake(_: Cast, chance: Random) -> dict[str, Any]:
    """Return an intake whose facts are those of one vignette or of two, a few of them missing."""
    one, other = chance.sample(VIGNETTES, k=2)
    facts = {**one["facts"], **chance.choice([{}, other["facts"]])}
    for name in chance.sample(sorted(set(facts) - {"age"}), k=chance.choice([0, 0, 1, 3])):
        del facts[name]
    return intake_body(one) | {"facts": facts}


def _preview(cast: Cast, chance: Random) -> dict[str, Any]:
    intake = _intake(cast, chance)
    return {name: intake[name] for name in ("facts", "duty_notice", "consent_all_proposed")}


def _confirmation(cast: Cast, chance: Random) -> dict[str, Any]:
    return {"confirmed": True, "preview_digest": cast.plan["preview_digest"], "second": chance.choice([None, True])}


def _step(cast: Cast, chance: Random) -> dict[str, Any]:
    """Return a step that is somebody's to take, as its agency would say it or as was heard of it."""
    referral = cast.world.get(f"/router/v1/referrals/{cast.ids['referral_id']}", cast.headers("worker", Role.FRONTLINE))
    status, version = referral.json()["status"], referral.json()["version"]
    legal = [to for (from_, to), parties in STEPS.items() if from_ == status and parties != {Party.ROUTER}]
    step = {"to": chance.choice(legal or list(Status)).value, "expected_version": version}
    return step | chance.choice([{}, {"on_behalf_of": {"channel": "phone", "who": "synthetic"}}])


RIGHT: dict[str, Callable[[Cast, Random], dict[str, Any]]] = {
    "POST /v1/intakes": _intake,
    "POST /v1/plans/preview": _preview,
    "POST /v1/plans/{plan_id}/confirmation": _confirmation,
    "PUT /v1/cases/{case_id}/focal-point": lambda *_: {"subject": WORKER},
    "POST /v1/referrals/{referral_id}/transitions": _step,
    "POST /v1/tasks/{task_id}/completion": lambda _, chance: {"outcome": chance.choice(list(Outcome)).value},
    "POST /v1/subscriptions": lambda *_: {"channel": "webhook", "endpoint": HOOK},
    "PATCH /v1/subscriptions/{subscription_id}": lambda *_: {"paused": False},
    "POST /v1/subscriptions/{subscription_id}/replay": lambda *_: {"after": 0},
    "PUT /v1/services/{service_id}/capacity": lambda *_: {"unit": "beds", "available": 1},
    IMPORT: lambda *_: dict(demo_bundle()),
}
"""A body the route takes."""
