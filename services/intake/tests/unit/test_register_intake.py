from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from unavez_intake.api.intake_body import IntakeBody, form_of
from unavez_intake.domain.records import NewIntake
from unavez_intake.use_cases.register_intake import Registered, RegisterIntake, register_intake
from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import ConflictError
from unavez_shared.privacy.case_keys import NewCaseKey
from unavez_shared.privacy.fields import CaseCipher

NOW = datetime(2026, 11, 20, 20, 5, tzinfo=UTC)


class _Work:
    def __init__(self) -> None:
        self.said: list[Any] = []

    def record(self, action: str, **_: Any) -> None:
        self.said.append(action)

    def emit(self, event_type: Any, **_: Any) -> None:
        self.said.append(event_type.name)


class _Database:
    clock = SimpleNamespace(now=lambda: NOW)

    def __init__(self) -> None:
        self.work = _Work()

    async def share(self, command: Any) -> Any:
        return await command(self.work)


class _Store:
    """Refuses the first codes it is given; nothing was posted before."""

    def __init__(self, refused: int) -> None:
        self.refused = refused
        self.codes: list[str] = []

    async def add(self, _work: Any, intake: NewIntake, _cipher: CaseCipher) -> bool:
        self.codes.append(intake.case_code)
        return len(self.codes) > self.refused

    async def find_posted(self, *_: Any) -> None:
        return None


class _Keys:
    async def reserve(self) -> NewCaseKey:
        return NewCaseKey(uuid4(), CaseCipher(bytes(32)))


class _Digests:
    def client_record(self, *_: Any) -> bytes:
        return b"record"

    def body(self, *_: Any) -> bytes:
        return b"body"

    def case_code(self, *_: Any) -> bytes:
        return b"code"

    def receipt(self, *_: Any) -> str:
        return "receipt"

    def person(self, *_: Any) -> tuple[()]:
        return ()


class _New:
    """Nobody registers too many."""

    def too_many(self, _: Actor) -> bool:
        return False


async def _register(database: _Database, store: _Store) -> Registered:
    body = IntakeBody.model_validate({"client_record_id": "1", "captured_at": NOW, "facts": {"is_minor": False}})
    command = RegisterIntake(Actor("ana", Role.FRONTLINE, UUID(int=1)), form_of(body))
    stores = SimpleNamespace(
        intakes=store, keys=_Keys(), digests=_Digests(), new_cases=_New(), duty_organization=None, demo=True
    )
    return await register_intake(command, cast("Any", database), cast("Any", stores))


async def test_a_case_code_that_is_taken_is_drawn_again() -> None:
    database, store = _Database(), _Store(refused=2)

    registered = await _register(database, store)

    assert registered.case_code == store.codes[2]
    assert len(set(store.codes)) == 3
    assert database.work.said == ["intake_registered", "case.registered.v1"]


async def test_a_code_is_not_drawn_for_ever() -> None:
    database = _Database()

    with pytest.raises(ConflictError):
        await _register(database, _Store(refused=99))
    assert database.work.said == []
