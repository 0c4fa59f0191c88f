"""How a fault is planted, and taken away again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from unavez_shared.doctor.target import Target
from unavez_tests.doctor.stage import Stage

Plant = Callable[[Stage], AbstractAsyncContextManager[Target]]


@dataclass(frozen=True)
class Planted:
    """A fault: the check it turns red (or yellow), and the codes it must find."""

    check: str
    codes: frozenset[str]
    plant: Plant


def planted(check: str, *codes: str, plant: Plant) -> Planted:
    """Return an entry of the table."""
    return Planted(check, frozenset(codes), plant)


def settings(**values: Any) -> Plant:
    """Examine with other settings: a wrong address, a wrong issuer."""

    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        yield replace(stage.target, settings=stage.target.settings.model_copy(update=values))

    return plant


def target(**values: Any) -> Plant:
    """Examine another target."""

    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        yield replace(stage.target, **values)

    return plant


def bound(module: ModuleType, name: str, value: Any) -> Plant:
    """Move a bound of a check, where the real thing (a version, a disk) cannot be."""

    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        before = getattr(module, name)
        setattr(module, name, value)
        try:
            yield stage.target
        finally:
            setattr(module, name, before)

    return plant


def sql(database: str, *statements: str, undo: str | tuple[str, ...] = (), at_work: bool = False) -> Plant:
    """Run statements in a database; `at_work` = while services relay and consume."""

    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        async with stage.sql(database, *statements, undo=(undo,) if isinstance(undo, str) else undo):
            if at_work:
                async with stage.at_work():
                    yield stage.target
            else:
                yield stage.target

    return plant


def file(path: Callable[[Stage], Path], *, content: Any = None, mode: int = 0o600) -> Plant:
    """Put other content in a key file, or give it another mode; `content` "gone" takes it away."""

    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        where = path(stage)
        before = where.read_bytes()
        if content == "gone":
            where.unlink()
        else:
            where.write_bytes(content(before) if content else before)
            where.chmod(mode)
        try:
            yield stage.target
        finally:
            where.write_bytes(before)
            where.chmod(0o600)

    return plant
